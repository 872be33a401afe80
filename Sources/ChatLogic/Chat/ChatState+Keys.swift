import Basics
import ControlProtocol
import MeshModel
import MessengerLogic

extension ChatState {
    mutating func handle(_ key: Key, at stamp: Stamp) -> [ChatAction] {
        hint = nil
        switch key {
        case .enter: return enter(at: stamp)
        case .tab: complete()
        case .lineFeed: insert("\n")
        case .paste(let text): insert(text)
        case .scalar(let scalar): insert(String(scalar))
        case .pageUp: scroll += max(1, bodyRows - 1)
        case .pageDown:
            scroll = max(0, scroll - max(1, bodyRows - 1))
            if scroll == 0 { unseen = 0 }
        case .escape: scrollDown()
        case .control("c"): return [.quit]
        case .control("d") where editor.text.isEmpty: return [.quit]
        case .control("z"): return [.suspend]
        case .control("l"): return [.repaint]
        case .control("o"): showNext()
        default: _ = editor.handle(key)
        }
        return []
    }

    private mutating func insert(_ text: String) {
        if !editor.insert(text) { hint = "there is no room: a message has at most \(editor.limit) bytes" }
    }

    private mutating func enter(at stamp: Stamp) -> [ChatAction] {
        let line = editor.text
        do {
            let actions = try carryOut(line, at: stamp)
            _ = editor.take()
            return actions
        } catch {
            hint = error.message
            return []
        }
    }

    /// - Throws: a word for the person; then the line stays.
    private mutating func carryOut(_ line: String, at stamp: Stamp) throws(CodedError) -> [ChatAction] {
        if line.allSatisfy(\.isWhitespace) {
            scrollDown()
            return []
        }
        if line.hasPrefix("//") { return try send(String(line.dropFirst()), to: conversation, at: stamp) }
        let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        if line.hasPrefix("/") { return try command(words.first ?? "", rest, at: stamp) }
        if line.hasPrefix("@"), let first = words.first {
            let receiver = try receiver(String(first.dropFirst()))
            if rest.allSatisfy(\.isWhitespace) {
                show(receiver)
                return []
            }
            return try send(rest, to: receiver, at: stamp)
        }
        return try send(line, to: conversation, at: stamp)
    }

    private mutating func command(_ word: String, _ rest: String, at stamp: Stamp) throws(CodedError) -> [ChatAction] {
        switch word {
        case "/to":
            if rest.isEmpty { throw CodedError("usage", "to whom? /to NAME, or /to all") }
            show(try receiver(rest.trimmed))
        case "/queue":
            switch rest.trimmed {
            case "": keeps.toggle()
            case "on": keeps = true
            case "off": keeps = false
            default: throw CodedError("usage", "/queue, /queue on or /queue off")
            }
            hint =
                keeps
                ? "messages to one machine that cannot be delivered now are kept and tried on, for a day"
                : "messages are delivered now or fail"
        case "/help": add(.remark, Self.help, at: stamp)
        case "/quit": return [.quit]
        default:
            let nearest = NearestWord.to(word, among: Self.commands).map { "; did you mean \($0)?" } ?? ""
            throw CodedError(
                "usage", "there is no command \(word)\(nearest) (/help lists them; // begins a message with a slash)")
        }
        scrollDown()
        return []
    }

    private func receiver(_ text: String) throws(CodedError) -> Receiver {
        if text == "all" { return .all }
        guard let name = MachineName(text) else {
            throw CodedError("usage", "the name \"\(text)\" is not possible; allowed are \(MachineName.allowed)")
        }
        // While nobody has told who there is, the messenger decides.
        if mesh?.own != nil, !names.contains(name) {
            let nearest = NearestWord.to(text, among: names.map(\.text)).map { "; did you mean \($0)?" } ?? ""
            throw CodedError("usage", "no machine is named \(text)\(nearest)")
        }
        return .machine(name)
    }

    private mutating func send(_ text: String, to receiver: Receiver, at stamp: Stamp) throws(CodedError) -> [ChatAction] {
        let text = try MessageText(text).string
        guard underway.count < Self.underwayLimit else {
            throw CodedError("busy", "\(underway.count) messages are on their way: wait for one to end")
        }
        let number = add(.sent(receiver), text, at: stamp, mark: .onItsWay)
        underway.insert(number)
        scrollDown()
        return switch receiver {
        case .all: [.broadcast(number, text: text)]
        case .machine(let name): [.send(number, to: name, text: text, keep: keeps)]
        }
    }

    static let commands = ["/to", "/queue", "/help", "/quit"]

    static let help = """
        @NAME TEXT  to one machine; @all TEXT to everybody
        /to NAME    talk with one machine, /to all with everybody
        /queue      keep what cannot be delivered now, or no longer
        /quit       or Ctrl-C, or Ctrl-D in an empty line
        Tab completes · PgUp, PgDn scroll · Up, Down bring lines back
        Ctrl-O next conversation · Alt-Enter new line in a message
        … on its way  ✓ delivered  ⧗ queued  ✗ failed
        ● reachable   ~ not sure   ○ away
        """
}

extension String {
    var trimmed: String {
        let front = drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }
}
