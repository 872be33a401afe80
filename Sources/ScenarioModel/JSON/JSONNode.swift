/// Where something stands in a file. Lines and columns count from 1, columns in characters.
public struct SourcePosition: Hashable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Where a file begins.
    static let start = SourcePosition(line: 1, column: 1)
}

/// A JSON value that knows where it stands, so that an error can point at it.
struct JSONNode: Sendable {
    indirect enum Value: Sendable {
        case null
        case bool(Bool)
        case number(Double)
        case string(String)
        case array([JSONNode])
        case object([Member])
    }

    /// One member of an object.
    struct Member: Sendable {
        let name: String
        let position: SourcePosition
        let value: JSONNode
    }

    /// The type of a value, in words for messages.
    enum Kind: String {
        case null
        case bool = "true or false"
        case number = "a number"
        case string = "a text"
        case array = "a list"
        case object = "an object"
    }

    let value: Value
    let position: SourcePosition

    var type: Kind {
        switch value {
        case .null: .null
        case .bool: .bool
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The value in a few words, for "found …".
    var summary: String {
        switch value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let number): JSONText.number(number)
        case .string(let text): "\"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\""
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// The same value, all of it at another place.
    func moved(to position: SourcePosition) -> JSONNode {
        switch value {
        case .array(let elements):
            return JSONNode(value: .array(elements.map { $0.moved(to: position) }), position: position)
        case .object(let members):
            let moved = members.map { Member(name: $0.name, position: position, value: $0.value.moved(to: position)) }
            return JSONNode(value: .object(moved), position: position)
        default: return JSONNode(value: value, position: position)
        }
    }
}

// MARK: - Making

extension JSONNode {
    init(_ value: Value) { self.init(value: value, position: .start) }
    init(_ text: String) { self.init(.string(text)) }
    init(_ number: Int) { self.init(.number(Double(number))) }
    init(_ flag: Bool) { self.init(.bool(flag)) }
    init(_ elements: [JSONNode]) { self.init(.array(elements)) }
    init(_ texts: [String]) { self.init(texts.map { JSONNode($0) }) }
    init(_ numbers: [Int]) { self.init(numbers.map { JSONNode($0) }) }

    /// An object; members without a value are left out.
    init(_ members: [(String, JSONNode?)]) {
        self.init(.object(members.compactMap { name, value in value.map { Member(name: name, position: .start, value: $0) } }))
    }

    /// An object of texts, by name.
    init(_ texts: [String: String]) {
        self.init(texts.sorted { $0.key < $1.key }.map { ($0.key, Optional(JSONNode($0.value))) })
    }
}
