/// The line that is being written: text, cursor, what was written before.
public struct LineEditor: Sendable {
    /// What stands before the cursor. The cursor stands between characters as people count them.
    public private(set) var before = ""
    /// What stands behind it.
    public private(set) var after = ""

    private var history: [String] = []
    /// Which line of the history is shown; its count: the line that is being written.
    private var place = 0
    private var draft = ""
    private var killed = ""

    /// The most bytes of the line.
    public let limit: Int
    /// How many lines it remembers.
    static let historyLimit = 100

    public init(limit: Int) { self.limit = limit }

    public var text: String { before + after }

    /// Replaces the line; the cursor is at its end.
    public mutating func set(_ text: String) { (before, after) = (text, "") }

    /// Puts text at the cursor. Controls but line feeds are left out.
    ///
    /// - Returns: false if there is no room for all of it; then nothing is put.
    public mutating func insert(_ text: String) -> Bool {
        var clean = String.UnicodeScalarView()
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars {
            switch scalar {
            case "\n", "\r": clean.append("\n")
            case "\t": clean.append(" ")
            default: if scalar.properties.generalCategory != .control { clean.append(scalar) }
            }
        }
        guard before.utf8.count + after.utf8.count + String(clean).utf8.count <= limit else { return false }
        before.unicodeScalars.append(contentsOf: clean)
        return true
    }

    /// Takes the line away, and remembers it.
    public mutating func take() -> String {
        let text = text
        if !text.isEmpty, history.last != text { history.append(text) }
        if history.count > Self.historyLimit { history.removeFirst() }
        place = history.count
        draft = ""
        set("")
        return text
    }

    /// Does what a key does to a line; false for a key that does nothing to it.
    public mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .left, .control("b"): if let last = before.popLast() { after.insert(last, at: after.startIndex) }
        case .right, .control("f"): if !after.isEmpty { before.append(after.removeFirst()) }
        case .home, .control("a"): (before, after) = ("", text)
        case .end, .control("e"): (before, after) = (text, "")
        case .backspace: _ = before.popLast()
        case .delete, .control("d"): if !after.isEmpty { after.removeFirst() }
        case .control("k"): (killed, after) = (after, "")
        case .control("u"): (killed, before) = (before, "")
        case .control("w"), .deleteWord:
            let start = wordStart()
            killed = String(before[start...])
            before = String(before[..<start])
        case .control("y"): return insert(killed)
        case .wordLeft:
            let start = wordStart()
            after = before[start...] + after
            before = String(before[..<start])
        case .wordRight:
            let word = after.prefix { $0.isWhitespace }.count
            let length = word + after.dropFirst(word).prefix { !$0.isWhitespace }.count
            before += after.prefix(length)
            after = String(after.dropFirst(length))
        case .up, .control("p"): recall(place - 1)
        case .down, .control("n"): recall(place + 1)
        default: return false
        }
        return true
    }

    private func wordStart() -> String.Index {
        let trimmed = before.reversed().drop { $0.isWhitespace }.drop { !$0.isWhitespace }
        return before.index(before.startIndex, offsetBy: trimmed.count)
    }

    private mutating func recall(_ target: Int) {
        guard (0...history.count).contains(target), target != place else { return }
        if place == history.count { draft = text }
        place = target
        set(target == history.count ? draft : history[target])
    }
}
