/// Makes keys of the bytes that a terminal sends (ECMA-48, as xterm uses it; bracketed paste). Bytes may come in any pieces.
///
/// Sequences that it does not know, and bytes that are no UTF-8, are swallowed.
public struct KeyDecoder: Sendable {
    private enum State {
        case ground
        case text([UInt8], missing: Int)
        case escape
        case control([UInt8])
        case single
        /// A command for the terminal that came back, such as a window title: up to BEL or ESC \.
        case string(count: Int, sawEscape: Bool)
        case paste
    }

    private var state = State.ground
    private var pasted: [UInt8] = []
    private var quiet = 0

    /// The longest control sequence in bytes.
    static let sequenceLimit = 64
    /// The longest paste in bytes; what is beyond is dropped.
    static let pasteLimit = 65_536
    /// The longest string in bytes.
    static let stringLimit = 4_096
    /// How often `flush` is called before a paste without an end is taken for ended.
    static let patience = 20

    private static let pasteEnd = Array("\u{1b}[201~".utf8)

    public init() {}

    /// Whether something was begun and not ended: call `flush` when nothing comes for 50 ms.
    public var isWaiting: Bool {
        if case .ground = state { return false }
        return true
    }

    /// The keys that bytes complete.
    public mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        quiet = 0
        var keys: [Key] = []
        for byte in bytes { take(byte, &keys) }
        return keys
    }

    /// Nothing more came for a while: what was begun is given up. An escape byte alone was the key of that name.
    public mutating func flush() -> [Key] {
        switch state {
        case .ground: return []
        case .escape:
            state = .ground
            return [.escape]
        case .paste:
            quiet += 1
            guard quiet >= Self.patience else { return [] }
            return endPaste(dropping: 0)
        default:
            state = .ground
            return []
        }
    }

    private mutating func take(_ byte: UInt8, _ keys: inout [Key]) {
        switch state {
        case .ground: takePlain(byte, &keys)
        case .text(let bytes, let missing): takeText(bytes + [byte], missing - 1, &keys)
        case .escape: takeAfterEscape(byte, &keys)
        case .control(let bytes): takeControl(bytes + [byte], &keys)
        case .single:
            state = .ground
            if let key = Self.letters[byte] { keys.append(key) }
        case .string(let count, let sawEscape):
            let isOver = byte == 7 || (sawEscape && byte == UInt8(ascii: "\\")) || count >= Self.stringLimit
            state = isOver ? .ground : .string(count: count + 1, sawEscape: byte == 27)
        case .paste: takePasted(byte, &keys)
        }
    }

    private mutating func takePlain(_ byte: UInt8, _ keys: inout [Key]) {
        switch byte {
        case 27: state = .escape
        case 10, 13: keys.append(.enter)
        case 9: keys.append(.tab)
        case 8, 127: keys.append(.backspace)
        case 1...26: keys.append(.control(Unicode.Scalar(byte + 96)))
        case 0, 28...31: break
        case 32...126: keys.append(.scalar(Unicode.Scalar(byte)))
        case 0xc2...0xdf: state = .text([byte], missing: 1)
        case 0xe0...0xef: state = .text([byte], missing: 2)
        case 0xf0...0xf4: state = .text([byte], missing: 3)
        default: break
        }
    }

    private mutating func takeText(_ bytes: [UInt8], _ missing: Int, _ keys: inout [Key]) {
        guard let last = bytes.last, (0x80...0xbf).contains(last) else {
            // Not what was begun: it is dropped, and this byte begins anew.
            state = .ground
            if let last = bytes.last { takePlain(last, &keys) }
            return
        }
        guard missing == 0 else {
            state = .text(bytes, missing: missing)
            return
        }
        state = .ground
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        for scalar in text.unicodeScalars where scalar.value >= 0xa0 { keys.append(.scalar(scalar)) }
    }

    private mutating func takeAfterEscape(_ byte: UInt8, _ keys: inout [Key]) {
        state = .ground
        switch byte {
        case UInt8(ascii: "["): state = .control([])
        case UInt8(ascii: "O"): state = .single
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string(count: 0, sawEscape: false)
        case 27:
            keys.append(.escape)
            state = .escape
        case 10, 13: keys.append(.lineFeed)
        case 8, 127: keys.append(.deleteWord)
        case UInt8(ascii: "b"): keys.append(.wordLeft)
        case UInt8(ascii: "f"): keys.append(.wordRight)
        default: break
        }
    }

    private mutating func takeControl(_ bytes: [UInt8], _ keys: inout [Key]) {
        guard let last = bytes.last else { return }
        switch last {
        case 0x40...0x7e:
            state = .ground
            takeSequence(bytes, &keys)
        case 0x20...0x3f: state = bytes.count < Self.sequenceLimit ? .control(bytes) : .ground
        default:
            // No such byte belongs here.
            state = .ground
            takePlain(last, &keys)
        }
    }

    private mutating func takeSequence(_ bytes: [UInt8], _ keys: inout [Key]) {
        guard let final = bytes.last else { return }
        let numbers = String(decoding: bytes.dropLast(), as: UTF8.self).split(separator: ";", omittingEmptySubsequences: false)
        // Shift, Alt and Control are 1 plus 1, 2 and 4.
        let modifier = numbers.count > 1 ? Int(numbers[1]) ?? 1 : 1
        if final == UInt8(ascii: "~") {
            let number = numbers.first.flatMap { Int($0) }
            if number == 200 {
                state = .paste
                pasted = []
            } else if let number, let key = Self.numbered[number] {
                keys.append(key)
            }
            return
        }
        guard let key = Self.letters[final] else { return }
        switch key {
        case .left where modifier > 2: keys.append(.wordLeft)
        case .right where modifier > 2: keys.append(.wordRight)
        default: keys.append(key)
        }
    }

    private mutating func takePasted(_ byte: UInt8, _ keys: inout [Key]) {
        if pasted.count >= Self.pasteLimit + Self.pasteEnd.count {
            // No room: keep the tail, which may be the beginning of the end.
            pasted.removeSubrange(Self.pasteLimit..<(Self.pasteLimit + 1))
        }
        pasted.append(byte)
        if byte == UInt8(ascii: "~"), pasted.hasSuffix(Self.pasteEnd) { keys += endPaste(dropping: Self.pasteEnd.count) }
    }

    private mutating func endPaste(dropping count: Int) -> [Key] {
        let text = String(decoding: pasted.dropLast(count).prefix(Self.pasteLimit), as: UTF8.self)
        pasted = []
        state = .ground
        return text.isEmpty ? [] : [.paste(text)]
    }

    private static let letters: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end, UInt8(ascii: "M"): .enter,
    ]
    private static let numbered: [Int: Key] = [
        1: .home, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    ]
}

extension [UInt8] {
    fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { count >= end.count && self[(count - end.count)...].elementsEqual(end) }
}
