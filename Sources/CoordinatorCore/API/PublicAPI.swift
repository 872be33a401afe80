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

    var routes: [Route] {
        [
            Route(.get, APIPath.health) { _, _ in try .json(await coordinator.health()) },
            Route(.post, APIPath.machines, register),
            Route(.get, APIPath.machines, list),
            Route(.post, "\(APIPath.machines)/:id/heartbeat", heartbeat),
            Route(.delete, "\(APIPath.machines)/:id", leave),
            Route(.get, APIPath.peerStream, follow),
        ]
    }

    private func register(_ request: Request, _ context: APIContext) async throws -> Response {
        do {
            let bearer = try RequestReading.bearer(of: request)
            let registration: RegistrationRequest = try await RequestReading.body(of: request)
            try RequestReading.check(registration.endpoints)
            let (answer, isNew) = try await coordinator.register(registration, bearer: bearer)
            return try .json(answer, status: isNew ? .created : .ok)
        } catch {
            let coded = ProblemMiddleware.coded(error)
            logger.event(
                "registration-refused", "a registration was refused: \(coded)",
                ["code": "\(coded.code)", "remote": "\(context.remote)"], level: .warning)
            throw coded
        }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await coordinator.authenticate(bearer: RequestReading.bearer(of: request))
        return try .json(await coordinator.machineEntries())
    }

    private func heartbeat(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await callerItself(request, context)
        let heartbeat: HeartbeatRequest = try await RequestReading.body(of: request)
        try RequestReading.check(heartbeat.endpoints)
        try RequestReading.check(heartbeat.applied, "the field applied.epoch")
        return try .json(await coordinator.heartbeat(heartbeat, from: caller))
    }

    private func leave(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await callerItself(request, context)
        try await coordinator.remove(caller.machine, .left)
        return .nothing
    }

    private func follow(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await coordinator.authenticate(bearer: RequestReading.bearer(of: request))
        let since = try RequestReading.position(of: request)
        let content = try RequestReading.digest(of: request)
        guard await !coordinator.isStopping else {
            throw CodedError("stopping", "the coordinator is stopping: try again in a moment")
        }
        await StreamSocket.giveUpOnSilentReaders(context.channel)
        let body = PeerStreamBody(
            coordinator: coordinator, caller: caller, since: since, content: content, remote: context.remote)
        let inbound = request.body
        // The connection ends with the stream; a client must not keep it for its next request.
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl", .cacheControl: "no-store", .connection: "close"],
            body: ResponseBody { writer in try await body.write(to: &writer, inbound: inbound) })
    }

    /// The caller, who may do this to itself only.
    private func callerItself(_ request: Request, _ context: APIContext) async throws -> Caller {
        let caller = try await coordinator.authenticate(bearer: RequestReading.bearer(of: request))
        guard try RequestReading.machine(context) == caller.machine else {
            throw CodedError("forbidden", "a machine may do this for itself only: the credential is that of \(caller.machine)")
        }
        return caller
    }
}
