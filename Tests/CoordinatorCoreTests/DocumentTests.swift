import ControlProtocol
import FoundationEssentials
import Testing

@testable import CoordinatorCore
@testable import ScenarioModel

/// docs/api.md lists what the program has, neither more nor less.
@Suite struct DocumentTests {
    private static let path = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/api.md"

    private func document() throws -> String {
        String(decoding: try #require(FileManager.default.contents(atPath: Self.path)), as: UTF8.self)
    }

    @Test func routesAreDocumented() async throws {
        let directory = try TestDirectory()
        let coordinator = try await coordinator(directory)
        let parts = try document().components(separatedBy: "## Admin API")
        try #require(parts.count == 2)
        let documented = parts.map { part in
            Set(part.matches(of: #/`([A-Z]+ /[^`]*)`/#).map { String($0.output.1) })
        }
        func name(_ route: Route) -> String { "\(route.method.rawValue) \(route.path.replacing(":id", with: "{id}"))" }
        #expect(documented[0] == Set(try publicAPI(coordinator).routes.map(name)))
        #expect(documented[1] == Set(AdminAPI(coordinator: coordinator, facts: ServerFacts(.plaintext, nil)).routes.map(name)))
    }

    @Test func boundsAreDocumented() throws {
        let (limits, document) = (ConnectionLimits(), try document())
        func seconds(_ time: Duration) -> String { "\(time.components.seconds) s" }
        for row in [
            "| a request, from its first byte to its last | \(seconds(limits.requestTime)) |",
            "| a TLS handshake | \(seconds(limits.handshakeTime)) |",
            "| a connection without a request | \(seconds(limits.idleTime)); \(seconds(limits.newcomerTime)) as long as",
            "| an answer or a line of a stream that its reader does not take | \(seconds(limits.readerTime)) |",
            "| requests of one machine | \(limits.machineRate) a second, \(2 * limits.machineRate) at once;",
            "from one address | \(limits.addressRate) a second, \(4 * limits.addressRate) at once |",
        ] { #expect(document.contains("\n\(row)") || row.hasPrefix("from") && document.contains(row), "\(row)") }
    }

    @Test func problemCodesAreDocumented() throws {
        let rows = try document().matches(of: #/\| (\d{3}) \| `([a-z-]+)` \|/#)
        var documented: [String: Int] = [:]
        for row in rows { documented[String(row.output.2)] = Int(row.output.1) }
        var real = ProblemMiddleware.statuses.mapValues(\.code)
        real["internal"] = 500
        #expect(documented == real)
    }

    /// Each line of each block of JSON goes in or out of an operation that the heading above it names.
    @Test func examplesAreAsTheAPIDocumentsSay() throws {
        let document = try document()
        var shown = 0
        var api = try APIDocument.publicAPI()
        for section in document.components(separatedBy: "\n#").dropFirst() {
            let heading = section.prefix { $0 != "\n" }
            if heading == "# Admin API" { api = try .adminAPI() }
            let operations = heading.matches(of: #/`([A-Z]+) (/[^`]*)`/#).map { (method: String($0.1), path: String($0.2)) }
            for block in section.matches(of: #/(?s)\n```json\n(.*?)\n```/#) {
                for line in block.1.split(separator: "\n") {
                    let json = try JSONParser.parse(String(line))
                    let fits = operations.isEmpty ? api.accepts(problem: json) : api.accepts(json, of: operations)
                    #expect(fits, "under \(heading): \(line)")
                    shown += 1
                }
            }
        }
        #expect(shown == document.matches(of: #/(?m)^\{.*\}$/#).count && shown > 25, "\(shown)")
    }

    @Test func examplesOfLinesCanBeRead() throws {
        let lines = try document().split(separator: "\n").filter { $0.hasPrefix("{") && $0.contains("\"type\":\"") }
        let stream = lines.filter { !$0.contains("urn:warren:problem") }
        for type in ["snapshot", "delta", "keepalive", "probe", "unchanged", "reconnect"] {
            #expect(stream.contains { $0.contains("\"type\":\"\(type)\"") }, "no example of a \(type) line")
        }
        for line in stream { _ = try JSONDecoder().decode(StreamLine.self, from: Data(line.utf8)) }
    }
}
