/// Reads JSON (RFC 8259) and keeps positions, which the library decoders do not. Names that stand twice in an object are an error.
struct JSONParser {
    /// The largest file in bytes that is read.
    static let sizeLimit = 4 << 20
    /// The deepest nesting that is read.
    static let depthLimit = 64

    private let characters: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var column = 1

    private init(_ text: String) { characters = Array(text.unicodeScalars) }

    /// The whole text as one value.
    static func parse(_ text: String) throws(ScenarioError) -> JSONNode {
        guard text.utf8.count <= sizeLimit else {
            throw ScenarioError(at: SourcePosition(line: 1, column: 1), "the file is larger than \(sizeLimit >> 20) MiB")
        }
        var parser = JSONParser(text)
        parser.skipSpace()
        let node = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.peek == nil else { throw parser.failure("the end of the file") }
        return node
    }

    private var peek: Unicode.Scalar? { index < characters.count ? characters[index] : nil }
    private var position: SourcePosition { SourcePosition(line: line, column: column) }

    private mutating func advance() {
        if characters[index] == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
        index += 1
    }

    private mutating func skipSpace() {
        while let next = peek, next == " " || next == "\n" || next == "\t" || next == "\r" { advance() }
    }

    private func failure(_ expected: String) -> ScenarioError {
        let found = peek.map { $0 == "\n" ? "the end of the line" : "\"\($0)\"" } ?? "the end of the file"
        return ScenarioError(at: position, "syntax error: found \(found), expected \(expected)")
    }

    private mutating func value(depth: Int) throws(ScenarioError) -> JSONNode {
        let start = position
        guard depth < Self.depthLimit else { throw ScenarioError(at: start, "nested more than \(Self.depthLimit) deep") }
        switch peek {
        case "{": return JSONNode(value: .object(try members(depth: depth)), position: start)
        case "[": return JSONNode(value: .array(try elements(depth: depth)), position: start)
        case "\"": return JSONNode(value: .string(try string()), position: start)
        case "t": return JSONNode(value: try word("true", .bool(true)), position: start)
        case "f": return JSONNode(value: try word("false", .bool(false)), position: start)
        case "n": return JSONNode(value: try word("null", .null), position: start)
        case .some(let digit) where digit == "-" || ("0"..."9").contains(digit):
            return JSONNode(value: .number(try number()), position: start)
        default: throw failure("a value")
        }
    }

    private mutating func members(depth: Int) throws(ScenarioError) -> [JSONNode.Member] {
        var members: [JSONNode.Member] = []
        var names: Set<String> = []
        advance()
        skipSpace()
        if peek == "}" {
            advance()
            return []
        }
        while true {
            let start = position
            guard peek == "\"" else { throw failure(members.isEmpty ? "a name in quotes or }" : "a name in quotes") }
            let name = try string()
            guard names.insert(name).inserted else { throw ScenarioError(at: start, "\"\(name)\" stands twice in this object") }
            skipSpace()
            guard peek == ":" else { throw failure("a colon after \"\(name)\"") }
            advance()
            skipSpace()
            members.append(JSONNode.Member(name: name, position: start, value: try value(depth: depth + 1)))
            skipSpace()
            guard peek == "," || peek == "}" else { throw failure("a comma or }") }
            let isLast = peek == "}"
            advance()
            if isLast { return members }
            skipSpace()
        }
    }

    private mutating func elements(depth: Int) throws(ScenarioError) -> [JSONNode] {
        var elements: [JSONNode] = []
        advance()
        skipSpace()
        if peek == "]" {
            advance()
            return []
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            guard peek == "," || peek == "]" else { throw failure("a comma or ]") }
            let isLast = peek == "]"
            advance()
            if isLast { return elements }
            skipSpace()
        }
    }

    private mutating func word(_ text: String, _ value: JSONNode.Value) throws(ScenarioError) -> JSONNode.Value {
        for scalar in text.unicodeScalars {
            guard peek == scalar else { throw failure("\(text)") }
            advance()
        }
        return value
    }

    private mutating func number() throws(ScenarioError) -> Double {
        let start = position
        var text = ""
        while let next = peek,
            next == "-" || next == "+" || next == "." || next == "e" || next == "E" || ("0"..."9").contains(next)
        {
            text.unicodeScalars.append(next)
            advance()
        }
        let digits = text.drop { $0 == "-" }
        let hasLeadingZero = digits.first == "0" && digits.dropFirst().first?.isNumber == true
        guard let number = Double(text), number.isFinite, !hasLeadingZero, digits.first?.isNumber == true,
            text.last?.isNumber == true
        else { throw ScenarioError(at: start, "syntax error: \"\(text)\" is not a number") }
        return number
    }

    private mutating func string() throws(ScenarioError) -> String {
        var text = String.UnicodeScalarView()
        advance()
        while let next = peek, next != "\"" {
            guard next.value >= 0x20 else { throw failure("the closing quote of the text") }
            if next == "\\" {
                advance()
                text.append(try escape())
            } else {
                text.append(next)
                advance()
            }
        }
        guard peek == "\"" else { throw failure("the closing quote of the text") }
        advance()
        return String(text)
    }

    private mutating func escape() throws(ScenarioError) -> Unicode.Scalar {
        let plain: [Unicode.Scalar: Unicode.Scalar] = [
            "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{c}", "n": "\n", "r": "\r", "t": "\t",
        ]
        guard let letter = peek else { throw failure("an escape") }
        if let scalar = plain[letter] {
            advance()
            return scalar
        }
        guard letter == "u" else { throw failure("one of \" \\ / b f n r t u after a backslash") }
        advance()
        let high = try hexUnit()
        guard (0xd800...0xdbff).contains(high) else {
            guard let scalar = Unicode.Scalar(high) else { throw failure("a pair of surrogates") }
            return scalar
        }
        guard peek == "\\" else { throw failure("the second half of a surrogate pair") }
        advance()
        guard peek == "u" else { throw failure("the second half of a surrogate pair") }
        advance()
        let low = try hexUnit()
        guard (0xdc00...0xdfff).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
        else {
            throw failure("the second half of a surrogate pair")
        }
        return scalar
    }

    private mutating func hexUnit() throws(ScenarioError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek.flatMap({ Character($0).hexDigitValue }) else { throw failure("four hexadecimal digits") }
            unit = unit << 4 | UInt32(digit)
            advance()
        }
        return unit
    }
}
