import AsyncHTTPClient
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore
import Testing

@testable import CoordinatorCore

/// The OpenAPI documents and the program say the same. Every exchange of `TestClient.send` is checked, too.
@Suite struct ContractTests {
    private func names(_ routes: [Route]) -> Set<String> {
        Set(routes.map { "\($0.method.rawValue) \($0.path.replacing(":id", with: "{id}"))" })
    }

    @Test func everyRouteIsInTheDocumentAndTheOtherWayRound() async throws {
        let directory = try TestDirectory()
        let coordinator = try await coordinator(directory)
        let served = names(try publicAPI(coordinator).routes)
        let documented = try APIDocument.publicAPI().operations
        #expect(documented == served)
        #expect(
            try names(AdminAPI(coordinator: coordinator, facts: ServerFacts(.plaintext, nil)).routes)
                == APIDocument.adminAPI().operations)
    }

    @Test func examplesFitTheirSchemas() throws {
        for document in [try APIDocument.publicAPI(), try .adminAPI()] {
            let examples = document.examples()
            #expect(examples.count > 10)
            for example in examples { #expect(example.fits, "\(example.place)") }
            #expect(document.unknownKeywords == [])
        }
    }

    @Test func theDocumentIsServedWithoutACredential() async throws {
        try await withCoordinator(TestDirectory()) { client in
            let answer = try await client.send("GET", APIPath.openAPI)
            #expect(answer.status == 200 && Array(answer.body) == PackageResources.openapi_json)
        }
    }

    @Test func aWrongAnswerIsNoticed() throws {
        let document = try APIDocument.publicAPI()
        func complaint(_ status: Int, _ type: String?, _ body: String, _ method: String = "GET", _ path: String = "/health")
            -> String?
        {
            let headers = type.map { ["content-type": $0] } ?? [:]
            return document.complaint(method, path, Answer(status: status, headers: headers, body: Data(body.utf8)))
        }
        let good = #"{"status":"ok","version":"1","uptimeSeconds":1,"machines":0}"#
        #expect(complaint(200, "application/json", good) == nil)
        #expect(complaint(200, "application/json", "{}") != nil)
        #expect(complaint(200, nil, good) != nil)
        #expect(complaint(418, "application/json", good) != nil)
        #expect(complaint(200, "application/json", good, "PATCH") != nil)
        #expect(complaint(401, "application/problem+json", good, "GET", "/v1/machines") != nil)
        #expect(complaint(204, "text/plain", "", "DELETE", "/v1/machines/m-1") != nil)
        #expect(try !document.accepts(line: #"{"type":"snapshot","epoch":"e","revision":1}"#))
        #expect(try document.accepts(line: #"{"type":"keepalive","epoch":"e","revision":1}"#))
    }

    @Test func administrationIsAsDocumented() async throws {
        try await withCoordinator(TestDirectory()) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret, endpoints: ["192.0.2.1:51820"])
            for (method, path, body, status) in [
                ("GET", "/health", nil, 200), ("GET", "/openapi.json", nil, 200), ("GET", "/v1/machines", nil, 200),
                ("GET", "/v1/events", nil, 200), ("GET", "/v1/events?limit=0", nil, 400),
                ("POST", "/v1/tokens", #"{"reusable":true,"expiresInSeconds":60}"#, 201),
                ("POST", "/v1/tokens", #"{"reusable":true,"expiresInSeconds":0}"#, 400), ("GET", "/v1/tokens", nil, 200),
                ("DELETE", APIPath.machine(one.id), nil, 204), ("DELETE", APIPath.machine(one.id), nil, 404),
                ("DELETE", "/v1/tokens/\(token.id)", nil, 204), ("DELETE", "/v1/tokens/t-0", nil, 404),
            ] as [(String, String, String?, Int)] {
                let answer = try await client.sendToAdmin(method, path, body: body)
                #expect(answer.status == status, "\(method) \(path)")
                let complaint = try APIDocument.adminAPI().complaint(method, path, answer)
                #expect(complaint == nil, "\(method) \(path)")
            }
        }
    }
}

/// A coordinator that nothing serves.
func coordinator(_ directory: TestDirectory) async throws -> Coordinator {
    let settings = try CoordinatorSettings(
        data: directory.path, listen: #require(ListenAddress("127.0.0.1:0")), pool: #require(.init("10.0.0.0/8")))
    return try await Coordinator(
        settings: settings, store: Store(path: DataDirectory.database(in: directory.path)), clock: .system,
        logger: LogRecorder().logger)
}

func publicAPI(_ coordinator: Coordinator) throws -> PublicAPI {
    PublicAPI(
        coordinator: coordinator, logger: LogRecorder().logger,
        limits: RequestLimits(ConnectionLimits(), heartbeatInterval: .seconds(1), now: coordinator.clock.monotonic),
        connections: ConnectionTable(limit: 64, addressLimit: 64))
}
