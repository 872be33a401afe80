/// A value of JSON text, its members in the order in which they stand.
indirect enum JSONValue: Hashable {
    case null
    case bool(Bool)
    /// As it stands in the text.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member: Hashable {
        var name: String
        var value: JSONValue
    }

    /// The member of that name; of several, the first.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    var double: Double? {
        guard case .number(let text) = self, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    var array: [JSONValue]? {
        if case .array(let values) = self { return values }
        return nil
    }

    /// For a person: a string is itself, anything else its JSON text.
    var plain: String {
        if case .string(let text) = self { return text }
        var writer = JSONWriter()
        write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let flag): writer.raw(flag ? "true" : "false")
        case .number(let text): writer.raw(text)
        case .string(let text): writer.string(text)
        case .array(let values): writer.array { for value in values { value.write(to: &$0) } }
        case .object(let members):
            writer.object {
                for member in members {
                    $0.key(member.name)
                    member.value.write(to: &$0)
                }
            }
        }
    }
}
