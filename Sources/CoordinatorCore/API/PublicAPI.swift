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
    /// The longest time that a stream goes without a line.
    let keepalive: Duration
    private let limits: RequestLimits
    private let connections: ConnectionTable
    private let encoder = StreamLineEncoder()

    init(
        coordinator: Coordinator, logger: Logger, keepalive: Duration, limits: RequestLimits, connections: ConnectionTable
    ) {
        self.coordinator = coordinator
        self.logger = logger
        self.keepalive = keepalive
        self.limits = limits
        self.connections = connections
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
            Route(.get, APIPath.metrics) { _, _ in
                let page = MetricsPage(
                    counts: coordinator.metrics.counts, state: await coordinator.metricState, connections: connections)
                return .bytes(Array(page.text.utf8), mediaType: PrometheusText.mediaType)
            },
            Route(.get, APIPath.openAPI) { _, _ in .bytes(PackageResources.openapi_json, mediaType: "application/json") },
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
            if let credential = Credential(bearer) { try limits.count(await coordinator.authenticate(credential).machine) }
            let (answer, isNew) = try await coordinator.register(registration, bearer: bearer)
            coordinator.metrics.registered(isNew ? "new" : "known")
            return try .json(answer, status: isNew ? .created : .ok)
        } catch {
            let coded = ProblemMiddleware.coded(error)
            coordinator.metrics.registered(coded.code)
            logger.event(
                "registration-refused", "a registration was refused: \(coded)",
                ["code": "\(coded.code)", "remote": "\(context.remote)"], level: .warning)
            throw coded
        }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await caller(request)
        return try .json(await coordinator.machineEntries())
    }

    private func heartbeat(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await callerItself(request, context)
        let heartbeat: HeartbeatRequest = try await RequestReading.body(of: request)
        try RequestReading.check(heartbeat.endpoints)
        try RequestReading.check(heartbeat.applied, "the field applied.epoch")
        try RequestReading.check(heartbeat.observations)
        let answer = try await coordinator.heartbeat(heartbeat, from: caller)
        coordinator.metrics.heard()
        return try .json(answer)
    }

    private func leave(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await callerItself(request, context)
        try await coordinator.remove(caller.machine, .left)
        return .nothing
    }

    private func follow(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try await caller(request)
        let since = try RequestReading.position(of: request)
        guard await !coordinator.isStopping else {
            throw CodedError("stopping", "the coordinator is stopping: try again in a moment")
        }
        await StreamSocket.giveUpOnSilentReaders(context.channel)
        let body = PeerStreamBody(
            coordinator: coordinator, caller: caller, encoder: encoder, since: since, remote: context.remote,
            keepalive: keepalive)
        let inbound = request.body
        // The connection ends with the stream; a client must not keep it for its next request.
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl", .cacheControl: "no-store", .connection: "close"],
            body: ResponseBody { writer in try await body.write(to: &writer, inbound: inbound) })
    }

    /// The machine that asks, within its rate.
    private func caller(_ request: Request) async throws -> Caller {
        let caller = try await coordinator.authenticate(bearer: RequestReading.bearer(of: request))
        try limits.count(caller.machine)
        return caller
    }

    /// The caller, who may do this to itself only.
    private func callerItself(_ request: Request, _ context: APIContext) async throws -> Caller {
        let caller = try await caller(request)
        guard try RequestReading.machine(context) == caller.machine else {
            throw CodedError("forbidden", "a machine may do this for itself only: the credential is that of \(caller.machine)")
        }
        return caller
    }
}
