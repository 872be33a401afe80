/// A JSON value without structure, or a list of such: in the configuration file, and in log lines.
enum PlainValue: Decodable, CustomStringConvertible {
    case text(String)
    case number(Double)
    case flag(Bool)
    case list([PlainValue])
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = (try? container.decode([PlainValue].self)).map(PlainValue.list) ?? .other
        }
    }

    var description: String {
        switch self {
        case .text(let text): "\"\(text.prefix(80))\""
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .flag(let flag): "\(flag)"
        case .list(let values): "[" + values.prefix(8).map(\.description).joined(separator: ", ") + "]"
        case .other: "an object or null"
        }
    }

    /// As the option takes it, one text for each time that it is given; nil for another kind of value.
    func texts(as kind: Configuration.Setting.Kind) -> [String]? {
        switch (self, kind) {
        case (.text(let text), .text): [text]
        case (.number(let number), .number): Int(exactly: number).map { ["\($0)"] }
        case (.flag(let flag), .flag): [flag ? "true" : "false"]
        case (.list(let values), .list):
            values.reduce(into: Optional([])) { texts, value in
                if case .text(let text) = value { texts?.append(text) } else { texts = nil }
            }
        default: nil
        }
    }
}
