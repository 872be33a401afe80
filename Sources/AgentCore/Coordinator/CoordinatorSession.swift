import AgentLogic
import AsyncHTTPClient
import Basics
import ControlProtocol
import Logging
import MeshModel
import Observability
import Synchronization
import Timing

/// Keeps this machine registered and its peer map up to date, for as long as it runs.
final class CoordinatorSession: Sendable {
    private let membership: Membership
    private let client: CoordinatorClient
    private let endpoints: LocalEndpoints
    private let settings: AgentSettings
    private let keeper: IdentityKeeper
    private let rotation: KeyRotation
    private let logger: Logger
    private let reader: PeerStreamReader
    /// Names this run of the agent; never stored, so that two that have the same state folder are told apart.
    private let instance = RandomBytes.hex(8)
    /// Why the present stream is to be given up, and what to cancel for it.
    private let interruption = Mutex<(reason: CoordinatorFailure?, stream: Task<CoordinatorFailure, Never>?)>((nil, nil))

    init(
        membership: Membership, client: CoordinatorClient, endpoints: LocalEndpoints, settings: AgentSettings,
        keeper: IdentityKeeper, rotation: KeyRotation, logger: Logger
    ) {
        self.membership = membership
        self.client = client
        self.endpoints = endpoints
        self.settings = settings
        self.keeper = keeper
        self.rotation = rotation
        self.logger = logger
        reader = PeerStreamReader(membership: membership)
    }

    /// When the last line of the peer map stream came.
    var lastHeard: MonotonicTime { reader.lastHeard }

    /// Gives up the present stream; a new one is opened.
    func interrupt(_ reason: CoordinatorFailure) {
        let stream = interruption.withLock { state -> Task<CoordinatorFailure, Never>? in
            guard state.stream != nil else { return nil }
            state.reason = reason
            return state.stream
        }
        stream?.cancel()
    }

    /// Looks at the coordinator's certificate, so that the first request need not wait for it. What goes wrong, that request says.
    func greet() async { _ = try? await client.trust.configuration(within: .seconds(2)) }

    /// Runs until the task is cancelled.
    func run() async {
        let identity = membership.current.identity
        var generator = SystemRandomNumberGenerator()
        var link = CoordinatorLink(
            hasCredential: identity.registration != nil, hasJoinSecret: settings.join != nil || identity.joinSecret != nil)
        var step = link.start()
        while !Task.isCancelled {
            let outcome: CoordinatorLink.Outcome
            switch step {
            case .register(let bearer): outcome = await register(bearer)
            case .follow(let resuming): outcome = await follow(resuming: resuming)
            case .wait(let duration):
                try? await Task.sleep(for: duration)
                outcome = .waited
            }
            step = link.next(after: outcome, using: &generator)
        }
    }

    // MARK: Registration

    private func register(_ bearer: CoordinatorLink.Bearer) async -> CoordinatorLink.Outcome {
        // Not to come back with the join token.
        guard !membership.current.isLeaving else { return .registrationFailed(.unreachable) }
        switch await rotation.settle() {
        case .failed(let failure) where failure.kind != .unauthorized:
            note(failure, bearer)
            return .registrationFailed(failure.kind)
        // Which key is to be registered is not known before that has ended.
        case .busy: return .registrationFailed(.unreachable)
        case .settled, .failed: break
        }
        let state = membership.current
        let secret: String? =
            switch bearer {
            case .credential: state.registration?.credential
            case .joinSecret: settings.join?.secret ?? state.identity.joinSecret
            }
        guard let secret else { return .registrationFailed(.unauthorized) }
        let applicant = Applicant(
            name: settings.name, endpoints: endpoints.current(mesh: state.registration?.meshRanges ?? []), instance: instance)
        let key = KeyPair(privateKey: state.identity.privateKey, publicKey: state.publicKey)
        do throws(CoordinatorFailure) {
            let registration = try await client.register(
                applicant, with: key, at: state.identity.coordinator, bearer: secret)
            accept(registration, endpoints: applicant.endpoints, before: state.registration)
            return .registered
        } catch {
            guard !Task.isCancelled else { return .registrationFailed(error.kind) }
            note(error, bearer)
            return .registrationFailed(error.kind)
        }
    }

    private func accept(_ registration: Registration, endpoints: [Endpoint], before: Registration?) {
        membership.noteRegistered(registration, endpoints: endpoints)
        do {
            try keeper.save()
        } catch {
            // The mesh works all the same; after a restart this machine registers again, and gets the same answer for its key.
            logger.event("identity-not-saved", "the registration could not be written to disk: \(error)", level: .error)
        }
        logger.event(
            "registered", "registered as \(registration.name)",
            [
                "id": "\(registration.id)", "name": "\(registration.name)", "address": "\(registration.meshAddress)",
                "known": .stringConvertible(before?.id == registration.id),
                "heartbeat_ms": .stringConvertible(registration.liveness.heartbeatIntervalMilliseconds),
            ])
    }

    private func note(_ failure: CoordinatorFailure, _ bearer: CoordinatorLink.Bearer) {
        var failure = failure
        if failure.kind == .keyInUse {
            failure.detail = """
                another live machine uses this machine's key: \(failure.detail). If the state folder \(settings.stateDirectory) was \
                copied, remove it here and join as a new machine
                """
        }
        membership.noteNotRegistered(isClone: failure.kind == .keyInUse)
        let isNew = membership.current.lastError != failure.detail
        membership.noteDisconnected(failure.detail)
        if failure.kind == .unreachable {
            // Once for each reason, not once for each attempt.
            guard isNew else { return }
            if failure.isImpostor { return noteImpostor(failure) }
            logger.event(
                "coordinator-unreachable", "the coordinator does not answer; trying on: \(failure.detail)",
                ["coordinator": "\(membership.current.identity.coordinator)"], level: .warning)
        } else if isNew || failure.kind != .keyInUse {
            logger.event(
                "registration-refused", "the coordinator refused to register this machine; trying on: \(failure.detail)",
                ["code": "\(failure.code)", "bearer": "\(bearer)"], level: .warning)
        }
    }

    private func noteImpostor(_ failure: CoordinatorFailure) {
        logger.event(
            "certificate-pin-mismatch", "\(failure.detail); trying on",
            ["coordinator": "\(membership.current.identity.coordinator)"], level: .error)
    }

    // MARK: Stream

    private func follow(resuming: Bool) async -> CoordinatorLink.Outcome {
        let state = membership.current
        guard let registration = state.registration else { return .streamEnded(.unauthorized, after: .zero) }
        guard !state.isLeaving else { return .streamEnded(.unreachable, after: .zero) }
        let body: HTTPClientResponse.Body
        do throws(CoordinatorFailure) {
            body = try await client.openStream(
                at: state.identity.coordinator, credential: registration.credential,
                resuming: resuming ? state.map : nil)
        } catch {
            lost(error)
            return .streamEnded(error.kind, after: .zero)
        }
        let opened = MonotonicTime.now
        let stream = Task { await reader.follow(body) }
        noteConnected(resuming: resuming && state.map.position != nil)
        interruption.withLock { $0 = (nil, stream) }
        let failure = await withTaskCancellationHandler {
            await stream.value
        } onCancel: {
            stream.cancel()
        }
        let reason = interruption.withLock { state -> CoordinatorFailure in
            defer { state = (nil, nil) }
            return state.reason ?? failure
        }
        lost(reason)
        if let pause = reason.pause { return .askedToReconnect(after: pause) }
        return .streamEnded(reason.kind, after: .now - opened)
    }

    private func noteConnected(resuming: Bool) {
        membership.noteConnected()
        logger.event(
            "coordinator-connected", "following the peer map",
            [
                "coordinator": "\(membership.current.identity.coordinator)",
                "position": "\(membership.current.map.position.map { "\($0)" } ?? "none")",
                "resuming": .stringConvertible(resuming),
            ])
    }

    private func lost(_ failure: CoordinatorFailure) {
        guard !Task.isCancelled else { return }
        let before = membership.current
        guard !before.isLeaving else { return }
        membership.noteDisconnected(failure.detail)
        guard before.isConnected || before.lastError != failure.detail else { return }
        if failure.isImpostor { return noteImpostor(failure) }
        logger.event(
            "coordinator-lost", "the peer map is not followed; the mesh stays as it is: \(failure.detail)",
            ["coordinator": "\(before.identity.coordinator)", "code": "\(failure.code)"], level: .warning)
    }
}
