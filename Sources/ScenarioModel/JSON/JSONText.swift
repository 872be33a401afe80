/// JSON as text.
enum JSONText {
    /// On one line, without spaces.
    static func compact(_ node: JSONNode) -> String { oneLine(node, comma: ",", colon: ":") }

    /// Over several lines, indented by two spaces; what fits stands on one line.
    static func pretty(_ node: JSONNode, width: Int = 120) -> String { pretty(node, indent: 0, used: 0, width: width) }

    private static func pretty(_ node: JSONNode, indent: Int, used: Int, width: Int) -> String {
        let parts: [(head: String, value: JSONNode)]
        let brackets: (String, String)
        switch node.value {
        case .array(let elements) where !elements.isEmpty:
            parts = elements.map { ("", $0) }
            brackets = ("[", "]")
        case .object(let members) where !members.isEmpty:
            parts = members.map { ("\(quoted($0.name)): ", $0.value) }
            brackets = ("{", "}")
        default: return oneLine(node, comma: ", ", colon: ": ")
        }
        let room = width - indent - used
        if let short = short(node, within: room) { return short }
        let inside = String(repeating: " ", count: indent + 2)
        let lines = parts.map {
            "\(inside)\($0.head)\(pretty($0.value, indent: indent + 2, used: $0.head.count + 1, width: width))"
        }
        return "\(brackets.0)\n\(lines.joined(separator: ",\n"))\n\(String(repeating: " ", count: indent))\(brackets.1)"
    }

    /// The value on one line, unless that is longer.
    private static func short(_ node: JSONNode, within room: Int) -> String? {
        guard room > 0, isSmall(node, budget: room) else { return nil }
        let text = oneLine(node, comma: ", ", colon: ": ")
        return text.count <= room ? text : nil
    }

    /// Whether the value can possibly fit: keeps the search for line breaks from being quadratic.
    private static func isSmall(_ node: JSONNode, budget: Int) -> Bool {
        var budget = budget
        func spend(_ node: JSONNode) -> Bool {
            budget -= 2
            switch node.value {
            case .string(let text): budget -= text.utf8.count / 4
            case .array(let elements): for element in elements where budget < 0 || !spend(element) { return false }
            case .object(let members): for member in members where budget < 0 || !spend(member.value) { return false }
            default: break
            }
            return budget >= 0
        }
        return spend(node)
    }

    private static func oneLine(_ node: JSONNode, comma: String, colon: String) -> String {
        switch node.value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let value): number(value)
        case .string(let text): quoted(text)
        case .array(let elements): "[\(elements.map { oneLine($0, comma: comma, colon: colon) }.joined(separator: comma))]"
        case .object(let members):
            "{\(members.map { "\(quoted($0.name))\(colon)\(oneLine($0.value, comma: comma, colon: colon))" }.joined(separator: comma))}"
        }
    }

    /// A whole number without a point.
    static func number(_ number: Double) -> String {
        number == number.rounded() && abs(number) <= Double(1 << 53) ? "\(Int(number))" : "\(number)"
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
