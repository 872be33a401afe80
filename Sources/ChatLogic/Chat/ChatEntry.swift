import ControlProtocol
import MeshModel

/// To whom: one machine, or all others.
public enum Receiver: Hashable, Sendable {
    case all
    case machine(MachineName)

    /// `all`, or the machine's name.
    public var text: String {
        switch self {
        case .all: "all"
        case .machine(let name): name.text
        }
    }
}

/// What came of a message that was sent from here.
public enum Mark: Hashable, Sendable {
    case onItsWay
    case delivered
    /// Kept, and tried again.
    case queued(String)
    case failed(String)
    /// Of a broadcast: how many have it, of how many, and what came of the others.
    case summary(Int, of: Int, others: [String])
}

/// One thing in the conversation.
struct ChatEntry: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case received(MachineName)
        case sent(Receiver)
        /// A machine came, went, or changed.
        case presence(MachineName, MeshMembers.Presence)
        /// Words of the program itself.
        case remark
    }

    /// Grows from entry to entry.
    let number: Int
    let stamp: Stamp
    let kind: Kind
    let text: String
    /// Of one that was sent.
    var mark: Mark?
    /// The messenger's id of a single message, once known.
    var id: String?

    /// Whether it belongs into that conversation.
    func belongs(to conversation: Receiver) -> Bool {
        guard case .machine(let name) = conversation else { return true }
        return switch kind {
        case .received(let sender): sender == name
        case .sent(.all), .remark: true
        case .sent(.machine(let receiver)): receiver == name
        case .presence(let machine, _): machine == name
        }
    }
}

/// The latest entries, no more than a bound.
struct ChatLog: Sendable {
    private(set) var entries: [ChatEntry] = []
    private var bytes = 0
    private var nextNumber = 0

    /// The most entries.
    static let entryLimit = 2_000
    /// The most bytes of text in all.
    static let byteLimit = 4 << 20

    /// Adds one at the end, and drops old ones if there are too many.
    @discardableResult
    mutating func add(_ kind: ChatEntry.Kind, _ text: String, at stamp: Stamp, mark: Mark? = nil, id: String? = nil) -> ChatEntry
    {
        let entry = ChatEntry(number: nextNumber, stamp: stamp, kind: kind, text: text, mark: mark, id: id)
        nextNumber += 1
        entries.append(entry)
        bytes += text.utf8.count
        var surplus = 0
        while entries.count - surplus > Self.entryLimit || bytes > Self.byteLimit, surplus < entries.count - 1 {
            bytes -= entries[surplus].text.utf8.count
            surplus += 1
        }
        entries.removeFirst(surplus)
        return entry
    }

    /// Sets the mark of an entry that is still there; true if it changed.
    mutating func mark(_ number: Int, _ mark: Mark, id: String? = nil) -> Bool {
        guard let first = entries.first?.number, entries.indices.contains(number - first) else { return false }
        if let id { entries[number - first].id = id }
        guard entries[number - first].mark != mark else { return false }
        entries[number - first].mark = mark
        return true
    }
}
