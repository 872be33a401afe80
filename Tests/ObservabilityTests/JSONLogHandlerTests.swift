import Logging
import Synchronization
import Testing

@testable import Observability

struct JSONLogHandlerTests {
    /// Logs through a handler of its own and returns the line without its time, which is checked for its form.
    private func line(
        handlerMetadata: Logger.Metadata = [:], provider: Logger.MetadataProvider? = nil, _ log: (Logger) -> Void
    ) throws -> String {
        let lines = Lines()
        var handler = JSONLogHandler(service: "agent", write: { lines.add($0) }, logLevel: .info)
        handler.metadata = handlerMetadata
        handler.metadataProvider = provider
        log(Logger(label: "test") { _ in handler })
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        let start = try #require(line.prefixMatch(of: /\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",/))
        #expect(line.hasSuffix("}\n"))
        #expect(!line.dropLast().contains("\n"))
        return "{" + line[start.range.upperBound...].dropLast()
    }

    private final class Lines: Sendable {
        private let content = Mutex<[String]>([])
        var all: [String] { content.withLock { $0 } }
        func add(_ line: String) { content.withLock { $0.append(line) } }
    }

    @Test func anEventIsOneObjectWithItsFieldsInOrder() throws {
        let line = try line {
            $0.event(
                "peer-added", "A peer was added", ["peer": "birch", "count": .stringConvertible(3), "address": "100.64.0.2"])
        }
        #expect(
            line == """
                {"level":"info","service":"agent","event":"peer-added","message":"A peer was added",\
                "address":"100.64.0.2","count":3,"peer":"birch"}
                """)
    }

    @Test func valuesKeepTheirTypes() throws {
        let line = try line {
            $0.warning(
                "types",
                metadata: [
                    "array": .array(["a", .stringConvertible(1)]), "big": .stringConvertible(UInt64.max),
                    "dictionary": ["b": "2", "a": .stringConvertible(true)], "double": .stringConvertible(2.5),
                    "nan": .stringConvertible(Double.nan), "negative": .stringConvertible(-7), "text": "3",
                    "tiny": .stringConvertible(0.00001),
                ])
        }
        #expect(
            line == """
                {"level":"warning","service":"agent","message":"types","array":["a",1],"big":18446744073709551615,\
                "dictionary":{"a":true,"b":"2"},"double":2.5,"nan":"nan","negative":-7,"text":"3","tiny":1e-05}
                """)
    }

    @Test func whatCouldEndTheStringOrTheLineIsEscaped() throws {
        let line = try line { $0.info("a\"b\\c\nd\re\tf\u{0}g\u{1f}h\u{7f}é漢🙂\r\n/", metadata: ["k\"\n": "v\u{1b}[0m"]) }
        #expect(
            line == #"{"level":"info","service":"agent","message":"a\"b\\c\nd\re\tf\u0000g\u001fh"# + "\u{7f}é漢🙂"
                + #"\r\n/","k\"\n":"v\u001b[0m"}"#)
    }

    @Test func aFieldCannotTakeOverAReservedKey() throws {
        let line = try line {
            $0.event("real", "said", ["time": "1", "level": "2", "service": "3", "message": "4", "event": "5", "kept": "6"])
        }
        #expect(line == #"{"level":"info","service":"agent","event":"real","message":"said","kept":"6"}"#)
    }

    @Test func theCallsMetadataWinsOverTheProvidersAndThatOverTheHandlers() throws {
        let provider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        let line = try line(handlerMetadata: ["a": "handler", "b": "handler", "c": "handler"], provider: provider) {
            $0.info("merged", metadata: ["c": "call"])
        }
        #expect(line == #"{"level":"info","service":"agent","message":"merged","a":"handler","b":"provider","c":"call"}"#)
    }

    @Test func metadataOfTheLoggerIsMergedToo() throws {
        let line = try line {
            var logger = $0
            logger[metadataKey: "peer"] = "birch"
            logger.event("seen", "Seen", ["peer": "elm"])
            logger[metadataKey: "peer"] = nil
        }
        #expect(line == #"{"level":"info","service":"agent","event":"seen","message":"Seen","peer":"elm"}"#)
    }

    @Test func whatIsBelowTheLevelIsDropped() {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in JSONLogHandler(service: "x", write: { lines.add($0) }, logLevel: .info) }
        logger.event("quiet", "Not seen", level: .debug)
        logger.event("loud", "Seen", level: .error)
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.contains(#""level":"error""#) == true)
    }
}
