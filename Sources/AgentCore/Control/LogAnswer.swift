import Basics
import ControlProtocol
import FoundationEssentials
import Hummingbird
import NIOCore
import Observability
import Timing

/// `GET /v1/logs`: the latest log lines, and with `follow` those that come. A reader that is too slow loses lines and is told how many;
/// nothing is kept for it.
struct LogAnswer: Sendable {
    private let memory: LogMemory
    private let count: Int
    private let follows: Bool

    /// The most lines that are written in one go.
    private static let batch = 256
    /// A sign of life comes this often; a reader that hears nothing for three times as long may give up.
    private static let keepalive = Duration.seconds(5)

    /// - Throws: `CodedError` with code `bad-request`.
    init(_ request: Request, memory: LogMemory) throws(CodedError) {
        self.memory = memory
        let text = request.uri.queryParameters["lines"].map(String.init) ?? "100"
        guard let count = Int(text), (0...AgentPath.logLineLimit).contains(count) else {
            throw CodedError("bad-request", "lines is \"\(text.prefix(40))\"; allowed are 0 to \(AgentPath.logLineLimit)")
        }
        self.count = count
        follows = request.uri.queryParameters["follow"].map { $0 == "1" } ?? false
    }

    func response() throws -> Response {
        let first = memory.latest(count)
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl"],
            body: ResponseBody { writer in
                try await write(first, to: &writer)
                if follows {
                    // Here ends what was in memory.
                    try await write(LogLine(line: nil), to: &writer)
                    try await follow(from: first.next, to: &writer)
                }
                try await writer.finish(nil)
            })
    }

    private func follow(from start: Int, to writer: inout any ResponseBodyWriter) async throws {
        let signal = WakeSignal()
        let news = memory.news()
        let listener = Task { for await _ in news { signal.wake() } }
        defer { listener.cancel() }
        var next = start
        while !Task.isCancelled {
            let excerpt = memory.lines(from: next, atMost: Self.batch)
            next = excerpt.next
            if excerpt.lines.isEmpty {
                await signal.wait(until: .now + Self.keepalive)
                if memory.lines(from: next, atMost: 1).lines.isEmpty { try await write(LogLine(line: nil), to: &writer) }
            } else {
                try await write(excerpt, to: &writer)
            }
        }
    }

    private func write(_ excerpt: LogMemory.Excerpt, to writer: inout any ResponseBodyWriter) async throws {
        for (index, line) in excerpt.lines.enumerated() {
            try await write(LogLine(line: line, lost: index == 0 && excerpt.lost > 0 ? excerpt.lost : nil), to: &writer)
        }
    }

    private func write(_ line: LogLine, to writer: inout any ResponseBodyWriter) async throws {
        var buffer = ByteBuffer(bytes: try JSONEncoder().encode(line))
        buffer.writeInteger(UInt8(ascii: "\n"))
        try await writer.write(buffer)
    }
}
