import Basics
import ControlProtocol
import Hummingbird
import Logging
import MeshModel
import NIOCore
import Observability

/// API v1 as machines see it.
struct PublicAPI: Sendable {
    let coordinator: Coordinator
    let logger: Logger
    private let limits: RequestLimits
    private let connections: ConnectionTable
    private let listing: MachineListing

    init(coordinator: Coordinator, logger: Logger, limits: RequestLimits, connections: ConnectionTable) {
        self.coordinator = coordinator
        self.logger = logger
        self.limits = limits
        self.connections = connections
        listing = MachineListing(of: coordinator)
    }

    /// The routes with what surrounds them.
    func router() -> Router<APIContext> {
        routes.router(
            outer: MetricsMiddleware(routes: routes, metrics: coordinator.metrics, now: coordinator.clock.monotonic),
            inner: LimitMiddleware(limits: limits))
    }

    var routes: [Route] {
        [
            Route(.get, APIPath.health) { _, _ in try .json(await coordinator.health()) },
            Route(.post, APIPath.challenges, challenge),
            Route(.get, APIPath.metrics) { _, context in
                try limits.count(context.remoteAddress)
                let page = MetricsPage(
                    counts: coordinator.metrics.counts, state: await coordinator.metricState, connections: connections)
                return .bytes(Array(page.text.utf8), mediaType: PrometheusText.mediaType)
            },
            Route(.get, APIPath.openAPI) { _, _ in .bytes(PackageResources.openapi_json, mediaType: "application/json") },
            Route(.post, APIPath.machines, register),
            Route(.get, APIPath.machines, list),
            Route(.post, "\(APIPath.machines)/:id/heartbeat", heartbeat),
            Route(.put, "\(APIPath.machines)/:id/key", changeKey),
            Route(.delete, "\(APIPath.machines)/:id", leave),
            Route(.get, APIPath.peerStream, follow),
        ]
    }

    private func register(_ request: Request, _ context: APIContext) async throws -> Response {
        try limits.check(context.remoteAddress)
        do {
            let bearer = try RequestReading.bearer(of: request)
            let registration: RegistrationRequest = try await RequestReading.body(of: request)
            try RequestReading.check(registration.endpoints)
            try RequestReading.check(instance: registration.instance)
            try RequestReading.check(registration.proof)
            // Whether the credential is valid is said later, after the question whether somebody else holds the key.
            if let credential = Credential(bearer), let machine = await coordinator.applicant(credential) {
                try limits.count(machine)
            }
            let (answer, isNew) = try await coordinator.register(registration, bearer: bearer, from: context.remote)
            context.welcome()
            coordinator.metrics.registered(isNew ? "new" : "known")
            return try .json(answer, status: isNew ? .created : .ok)
        } catch {
            let coded = ProblemMiddleware.coded(error)
            coordinator.metrics.registered(coded.code)
            // A clone asks every second; `duplicate-key` tells of it once a minute.
            if coded.code != "key-in-use", limits.mayLog(context.remoteAddress) {
                logger.event(
                    "registration-refused", "a registration was refused: \(coded)",
                    ["code": "\(coded.code)", "remote": "\(context.remote)"], level: .warning)
            }
            throw coded
        }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await caller(request, context)
        return .bytes(try await listing.body(), mediaType: "application/json")
    }

    private func heartbeat(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await callerItself(request, context)
        let heartbeat: HeartbeatRequest = try await RequestReading.body(of: request)
        try RequestReading.check(heartbeat.endpoints)
        try RequestReading.check(heartbeat.observations)
        try RequestReading.check(heartbeat.observedEndpoints)
        try RequestReading.check(heartbeat.applied, "the field applied.epoch")
        let answer = try await coordinator.heartbeat(heartbeat, from: caller, at: context.remoteIP)
        coordinator.metrics.heard()
        return try .json(answer)
    }

    private func challenge(_ request: Request, _ context: APIContext) async throws -> Response {
        try limits.count(context.remoteAddress)
        let wanted: ChallengeRequest = try await RequestReading.body(of: request)
        return try .json(coordinator.challenges.challenge(for: wanted.publicKey, at: coordinator.clock.monotonic()))
    }

    private func changeKey(_ request: Request, _ context: APIContext) async throws -> Response {
        try limits.check(context.remoteAddress)
        let bearer = try RequestReading.bearer(of: request)
        let caller = try await callerItself(request, context)
        let change: KeyChange = try await RequestReading.body(of: request)
        try RequestReading.check(change.proof)
        try await coordinator.challenges.check(
            change.proof, of: change.publicKey, bearer: bearer, at: coordinator.clock.monotonic())
        try await coordinator.changeKey(of: caller, to: change.publicKey)
        return try .json(ChangedKey(id: caller.machine, publicKey: change.publicKey))
    }

    private func leave(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await callerItself(request, context)
        try await coordinator.leave(caller)
        return .nothing
    }

    private func follow(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await caller(request, context)
        let since = try RequestReading.position(of: request)
        let content = try RequestReading.digest(of: request)
        guard await !coordinator.isStopping else {
            throw CodedError("stopping", "the coordinator is stopping: try again in a moment")
        }
        let body = PeerStreamBody(
            coordinator: coordinator, caller: caller, since: since, content: content, remote: context.remote,
            channel: context.channel)
        // The connection ends with the stream; a client must not keep it for its next request.
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl", .cacheControl: "no-store", .connection: "close"],
            body: ResponseBody { writer in try await body.write(to: &writer) })
    }

    /// The machine that asks, within its rate.
    private func caller(_ request: Request, _ context: APIContext) async throws -> Caller {
        let caller = try await coordinator.authenticate(bearer: RequestReading.bearer(of: request))
        context.welcome()
        try limits.count(caller.machine)
        return caller
    }

    /// The caller, who may do this to itself only.
    private func callerItself(_ request: Request, _ context: APIContext) async throws -> Caller {
        let caller = try await caller(request, context)
        guard try RequestReading.machine(context) == caller.machine else {
            throw CodedError("forbidden", "a machine may do this for itself only: the credential is that of \(caller.machine)")
        }
        return caller
    }
}
