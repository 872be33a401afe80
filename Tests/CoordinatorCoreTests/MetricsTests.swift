import ControlProtocol
import FoundationEssentials
import Testing

@testable import CoordinatorCore

@Suite struct MetricsTests {
    private static let document =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/metrics.md"

    @Test func whatHappensIsCounted() async throws {
        try await withCoordinator(TestDirectory()) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            _ = try await client.register("a", key: 1, bearer: token.secret)
            _ = try await client.tryRegister("a", key: 2, bearer: token.secret)
            _ = try await client.send("GET", "/no/such/path")
            let again = try await client.register("a", key: 1, bearer: token.secret)
            #expect(one.id == again.id)
            _ = try await client.tryHeartbeat(again)
            let stream = try await client.follow(again)
            _ = try await stream.next()
            let answer = try await client.send("GET", APIPath.metrics)
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
            for expected in [
                "warren_machines{liveness=\"alive\"} 1", "warren_registrations_total{result=\"new\"} 1",
                "warren_registrations_total{result=\"known\"} 2", "warren_registrations_total{result=\"name-taken\"} 1",
                "warren_heartbeats_total 1", "warren_streams_open 1", "warren_stream_lines_total{type=\"snapshot\"} 1",
                "warren_http_requests_total{route=\"/v1/machines\",method=\"POST\",status=\"200\"} 2",
                "warren_http_requests_total{route=\"other\",method=\"GET\",status=\"404\"} 1",
                "warren_build_info{version=\"0.1.0\"} 1",
            ] { #expect(lines.contains(expected), "\(expected)") }
            try Self.checkForm(lines)
            let names = Set(lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
            let text = String(decoding: try #require(FileManager.default.contents(atPath: Self.document)), as: UTF8.self)
            let end = try #require(text.firstRange(of: "\n## The agent")).lowerBound
            #expect(Set(text[..<end].matches(of: #/(?m)^\| `([a-z_]+)/#).map { String($0.1) }) == names)
            for metric in ["warren_machines", "warren_stream_lines_total"] {
                let shown = lines.compactMap { $0.firstMatch(of: #/^([a-z_]+)\{[a-z]+="([^"]*)"\}/#) }.filter { $0.1 == metric }
                #expect(try Self.listed(metric, in: text) == Set(shown.map { String($0.2) }), "\(metric)")
            }
        }
    }

    /// The values of its label that the meaning of a metric lists.
    private static func listed(_ metric: String, in text: String) throws -> Set<String> {
        let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| `\(metric)` |") })
        let meaning = try #require(row.split(separator: "|").last)
        return Set(meaning.matches(of: #/`([^`]+)`/#).map { String($0.1) })
    }

    /// The text format, version 0.0.4: each metric once, HELP and TYPE first, no sample twice, rising buckets.
    private static func checkForm(_ lines: [String]) throws {
        var seen: Set<String> = []
        var kind: (name: String, type: String) = ("", "")
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("# HELP ") { continue }
            if let type = line.wholeMatch(of: #/# TYPE ([a-z_]+) (counter|gauge|histogram)/#) {
                kind = (String(type.1), String(type.2))
                #expect(seen.insert("# \(kind.name)").inserted && lines[index - 1].hasPrefix("# HELP \(kind.name) "))
                #expect((kind.type == "counter") == kind.name.hasSuffix("_total"), "\(line)")
                continue
            }
            let sample = try #require(
                line.wholeMatch(of: #/([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (\+Inf|-?[0-9.]+(e-?[0-9]+)?)/#), "\(line)"
            )
            let suffixes = kind.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
            #expect(suffixes.contains { kind.name + $0 == sample.1 }, "\(line)")
            #expect(seen.insert("\(sample.1)\(sample.2 ?? "")").inserted, "twice: \(line)")
        }
    }
}
