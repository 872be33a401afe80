/// Where something stands in a file. Lines and columns count from 1, columns in characters.
public struct SourcePosition: Hashable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
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

    let value: Value
    let position: SourcePosition

    /// The value in a few words, for "found …".
    var summary: String {
        switch value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
        case .string(let text): "\"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\""
        case .array: "an array"
        case .object: "an object"
        }
    }
}
