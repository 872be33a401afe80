import Basics
import ControlProtocol
import Hummingbird
import MeshModel

/// The API on the admin socket: whoever can open the socket may do everything.
struct AdminAPI: Sendable {
    let coordinator: Coordinator

    var routes: [Route] {
        [
            Route(.get, APIPath.health) { _, _ in try .json(await coordinator.health()) },
            Route(.get, APIPath.openAPI) { _, _ in .bytes(PackageResources.admin_json, mediaType: "application/json") },
            Route(.get, APIPath.machines) { _, _ in try .json(await coordinator.machineList()) },
            Route(.delete, "\(APIPath.machines)/:id") { _, context in
                try await coordinator.remove(RequestReading.machine(context), .removed)
                return .nothing
            },
            Route(.get, AdminPath.events) { request, _ in try .json(await coordinator.latestEvents(limit(of: request))) },
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

    private func limit(of request: Request) throws(CodedError) -> Int {
        guard let text = request.uri.queryParameters["limit"] else { return EventRing.capacity }
        guard let number = Int(text), (1...EventRing.capacity).contains(number) else {
            throw CodedError(
                "bad-request", "the query field limit: found \"\(text.prefix(80))\", expected 1 to \(EventRing.capacity)")
        }
        return number
    }
}
