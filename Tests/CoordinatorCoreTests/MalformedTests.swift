import ControlProtocol
import FoundationEssentials
import Testing

@testable import CoordinatorCore

/// `Malformed/*.json`: requests as bytes, each with the problem that it gets.
@Suite struct MalformedTests {
    struct Case: Decodable {
        enum Piece: Decodable {
            case text(String)
            case hex(String)
            case repeated(String, Int)

            private enum Key: String, CodingKey { case hex, `repeat`, times }

            init(from decoder: any Decoder) throws {
                if let text = try? decoder.singleValueContainer().decode(String.self) {
                    self = .text(text)
                    return
                }
                let container = try decoder.container(keyedBy: Key.self)
                if let hex = try container.decodeIfPresent(String.self, forKey: .hex) {
                    self = .hex(hex)
                } else {
                    self = .repeated(
                        try container.decode(String.self, forKey: .repeat), try container.decode(Int.self, forKey: .times))
                }
            }

            func bytes(_ values: [String: String]) -> [UInt8] {
                switch self {
                case .text(let text):
                    Array(values.reduce(text) { $0.replacing("${\($1.key)}", with: $1.value) }.utf8)
                case .hex(let hex): hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
                case .repeated(let text, let times): Array(String(repeating: text, count: times).utf8)
                }
            }
        }

        let name: String
        /// The head, and with it the body; `${length}` is the length of all pieces but the first.
        let send: [Piece]
        let status: Int
        let code: String
        let detail: String?

        func bytes(_ values: [String: String]) -> [UInt8] {
            let rest = send.dropFirst().flatMap { $0.bytes(values) }
            let all = values.merging(["length": "\(rest.count)"]) { $1 }
            return (send.first?.bytes(all) ?? []) + rest
        }
    }

    private static let folder = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Malformed"

    private func cases(_ file: String) throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: #require(FileManager.default.contents(atPath: "\(Self.folder)/\(file)")))
    }

    @Test(arguments: ["heads.json", "targets.json", "bodies.json"])
    func whatIsNoRequestGetsAProblemDocument(_ file: String) async throws {
        let cases = try cases(file)
        #expect(cases.count > 10)
        try await withCoordinator(TestDirectory()) { client in
            let token = try await client.issueToken()
            let one = try await client.register("one", key: 1, bearer: token.secret)
            let values = ["token": token.secret, "credential": one.credential, "id": one.id.text]
            for test in cases {
                let bytes = test.bytes(values)
                // What is a request in form is answered on a connection that stays; the second one ends it.
                let end = Array("GET /health HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n".utf8)
                let (received, _) = try await RawConnection(to: client.url).exchange([bytes, end])
                let first = Self.firstAnswer(received)
                guard let answer = RawAnswer(first)?.answer else {
                    Issue.record("\(file): \(test.name): \(String(decoding: received.prefix(300), as: UTF8.self))")
                    continue
                }
                let problem = try? answer.decode(Problem.self)
                #expect(
                    answer.status == test.status && problem?.title == test.code,
                    "\(file): \(test.name): \(answer.status) \(problem?.detail ?? "")")
                #expect(
                    answer.headers["content-type"] == Problem.mediaType && problem?.status == test.status, "\(file): \(test.name)"
                )
                #expect(
                    test.detail.map { problem?.detail.contains($0) == true } ?? true,
                    "\(file): \(test.name): \(problem?.detail ?? "")")
            }
            #expect(try await client.send("GET", APIPath.health).status == 200)
            #expect(try await client.tryHeartbeat(one).status == 200)
        }
    }

    /// The first of two answers, by its Content-Length.
    private static func firstAnswer(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let length = text[..<end.lowerBound].firstMatch(of: #/(?i)content-length: ([0-9]+)/#).flatMap({ Int($0.1) })
        else { return bytes }
        let head = text[..<end.upperBound].utf8.count
        return Array(bytes.prefix(head + length))
    }

    /// The folder has no file that no test reads.
    @Test func everyFileIsRead() throws {
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() == [
                "bodies.json", "heads.json", "targets.json",
            ])
    }
}
