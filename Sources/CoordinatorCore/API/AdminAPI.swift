import Basics
import ControlProtocol
import Hummingbird
import MeshModel

/// The API on the admin socket: whoever can open the socket may do everything.
struct AdminAPI: Sendable {
    let coordinator: Coordinator
    let facts: ServerFacts
    /// The longest time that a stream of events goes without a line.
    let keepalive: Duration

    init(coordinator: Coordinator, facts: ServerFacts, keepalive: Duration = PeerStreamBody.defaultKeepalive) {
        self.coordinator = coordinator
        self.facts = facts
        self.keepalive = keepalive
    }

    var routes: [Route] {
        [
            Route(.get, APIPath.health) { _, _ in try .json(await coordinator.health()) },
            Route(.get, APIPath.openAPI) { _, _ in .bytes(PackageResources.admin_json, mediaType: "application/json") },
            Route(.get, APIPath.machines) { _, _ in try .json(await coordinator.machineList()) },
            Route(.delete, "\(APIPath.machines)/:id") { _, context in
                try await coordinator.remove(RequestReading.machine(context))
                return .nothing
            },
            Route(.get, AdminPath.server) { _, _ in try .json(await facts.description()) },
            Route(.patch, "\(APIPath.machines)/:id") { request, context in
                let id = try RequestReading.machine(context)
                let wanted: RenameRequest = try await RequestReading.body(of: request)
                try await coordinator.rename(id, to: wanted.name)
                return .nothing
            },
            Route(.delete, "\(APIPath.machines)/:id/credential") { _, context in
                try await coordinator.revokeCredential(of: RequestReading.machine(context))
                return .nothing
            },
            Route(.get, AdminPath.events) { request, _ in
                try .json(await coordinator.eventList(EventQuery(of: request)))
            },
            Route(.get, AdminPath.eventStream, follow),
            Route(.get, AdminPath.tokens) { _, _ in try .json(await coordinator.tokenList()) },
            Route(.post, AdminPath.tokens) { request, _ in
                let wanted: TokenRequest = try await RequestReading.body(of: request)
                return try .json(await coordinator.issueToken(wanted), status: .created)
            },
            Route(.delete, "\(AdminPath.tokens)/:id") { _, context in
                try await coordinator.revokeToken(context.parameters.get("id") ?? "")
                return .nothing
            },
        ]
    }

    private func follow(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try EventQuery(of: request)
        try await coordinator.checkRoomForFollower()
        let body = EventStreamBody(coordinator: coordinator, query: query, keepalive: keepalive, channel: context.channel)
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl", .cacheControl: "no-store", .connection: "close"],
            body: ResponseBody { writer in try await body.write(to: &writer) })
    }
}
