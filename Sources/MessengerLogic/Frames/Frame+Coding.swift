import Basics
import FoundationEssentials

extension Frame {
    /// The kind byte.
    enum Kind: UInt8, CaseIterable {
        case hello = 1
        case welcome = 2
        case message = 3
        case acknowledge = 4
        case refuse = 5
        case ping = 6
        case pong = 7
    }

    /// The longest JSON body in bytes that is read.
    public static let jsonLimit = 4_096

    /// Reads a frame's body.
    ///
    /// - Throws: `FrameError`: `unknownKind` or `malformed`.
    public init(_ raw: RawFrame) throws(FrameError) {
        switch Kind(rawValue: raw.kind) {
        case nil: throw .unknownKind(raw.kind)
        case .hello: self = .hello(try Self.hello(raw.body))
        case .welcome: self = .welcome(try Self.json(raw.body))
        case .refuse: self = .refuse(try Self.refusal(raw.body))
        case .acknowledge: self = .acknowledge(try Self.id(raw.body))
        case .ping: self = .ping(try Self.id(raw.body))
        case .pong: self = .pong(try Self.id(raw.body))
        case .message:
            guard let id = MessageID(bytes: Array(raw.body.prefix(MessageID.byteCount))) else {
                throw .malformed("a message ends before its id does")
            }
            do {
                self = .message(id, try MessageText(utf8: raw.body.dropFirst(MessageID.byteCount)))
            } catch {
                throw .malformed(error.message)
            }
        }
    }

    /// The frame as it travels.
    public func raw() throws -> RawFrame {
        switch self {
        case .hello(let hello): RawFrame(kind: Kind.hello.rawValue, body: try Self.json(hello))
        case .welcome(let welcome): RawFrame(kind: Kind.welcome.rawValue, body: try Self.json(welcome))
        case .refuse(let refusal): RawFrame(kind: Kind.refuse.rawValue, body: try Self.json(refusal))
        case .acknowledge(let id): RawFrame(kind: Kind.acknowledge.rawValue, body: id.bytes)
        case .ping(let id): RawFrame(kind: Kind.ping.rawValue, body: id.bytes)
        case .pong(let id): RawFrame(kind: Kind.pong.rawValue, body: id.bytes)
        case .message(let id, let text): RawFrame(kind: Kind.message.rawValue, body: id.bytes + Array(text.string.utf8))
        }
    }

    private static func id(_ body: [UInt8]) throws(FrameError) -> MessageID {
        guard let id = MessageID(bytes: body) else {
            throw .malformed("a frame that is an id has \(body.count) bytes; it has \(MessageID.byteCount)")
        }
        return id
    }

    private static func hello(_ body: [UInt8]) throws(FrameError) -> Hello {
        let hello: Hello = try json(body)
        guard (1...16).contains(hello.versions.count) else {
            throw .malformed("a hello offers \(hello.versions.count) versions; allowed are 1 to 16")
        }
        return hello
    }

    private static func refusal(_ body: [UInt8]) throws(FrameError) -> Refusal {
        let refusal: Refusal = try json(body)
        guard refusal.code.utf8.count <= 64, refusal.detail.utf8.count <= 500 else {
            throw .malformed("a refusal is longer than 64 bytes of code and 500 of detail")
        }
        return refusal
    }

    private static func json<Body: Decodable>(_ bytes: [UInt8]) throws(FrameError) -> Body {
        guard bytes.count <= jsonLimit else {
            throw .malformed("a JSON body has \(bytes.count) bytes; allowed are \(jsonLimit)")
        }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch {
            throw .malformed("a JSON body is not a \(Body.self)")
        }
    }

    private static func json(_ body: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(body))
    }
}
