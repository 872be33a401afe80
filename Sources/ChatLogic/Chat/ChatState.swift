import Basics
import ControlProtocol
import MeshModel
import MessengerLogic

/// The chat's decisions: events in, actions and a screen out. No I/O, no clock.
public struct ChatState: Sendable {
    /// What was asked for on the command line.
    public struct Options: Sendable {
        /// With whom to begin.
        public var conversation: Receiver
        /// Whether messages that cannot be delivered now are kept.
        public var keeps: Bool

        public init(conversation: Receiver = .all, keeps: Bool = false) {
            self.conversation = conversation
            self.keeps = keeps
        }
    }

    var log = ChatLog()
    var editor = LineEditor(limit: MessageText.lengthRange.upperBound)
    var conversation: Receiver
    var keeps: Bool
    /// Nil until the messenger has told.
    var mesh: MeshMembers?
    /// Why nothing works at the moment.
    var trouble: String?
    /// A word about the last key.
    var hint: String?
    /// Messages in other conversations.
    var unread: [MachineName: Int] = [:]
    /// How many lines the latest one is below the lower edge.
    var scroll = 0
    /// What came while it was.
    var unseen = 0
    var columns = 80
    var rows = 24
    var layout = LayoutCache()
    /// Sends that have not ended: their number is that of their entry.
    var underway: Set<Int> = []

    /// The most sends at one time.
    static let underwayLimit = 64

    public init(_ options: Options = Options()) {
        conversation = options.conversation
        keeps = options.keeps
    }

    /// Whether it has sent something whose outcome is told by `ChatEvent.sent` alone.
    public var hasOpenSends: Bool {
        log.entries.contains { entry in
            guard entry.id != nil else { return false }
            if case .queued = entry.mark { return true }
            return entry.mark == .onItsWay
        }
    }

    /// Takes an event.
    ///
    /// - Parameter stamp: when it happened.
    /// - Returns: what is to be done, in order.
    public mutating func handle(_ event: ChatEvent, at stamp: Stamp) -> [ChatAction] {
        switch event {
        case .key(let key): return handle(key, at: stamp)
        case .resize(let columns, let rows): (self.columns, self.rows) = (columns, rows)
        case .history(let received, let sent): takeHistory(received, sent)
        case .received(let messages): for message in messages { receive(message) }
        case .sendEnded(let number, let result):
            underway.remove(number)
            setMark(number, Self.mark(result), id: result.id)
        case .broadcastEnded(let number, let results):
            underway.remove(number)
            setMark(number, Self.mark(results))
        case .notTaken(let number, let why):
            underway.remove(number)
            setMark(number, .failed(why))
        case .sent(let messages): takeStates(messages)
        case .members(let mesh): takeMembers(mesh, at: stamp)
        case .trouble(let words): trouble = words
        }
        return []
    }

    /// Adds an entry; a view that was scrolled up stays where it is.
    @discardableResult
    mutating func add(_ kind: ChatEntry.Kind, _ text: String, at stamp: Stamp, mark: Mark? = nil, id: String? = nil) -> Int {
        let entry = log.add(kind, text, at: stamp, mark: mark, id: id)
        if scroll > 0, entry.belongs(to: conversation) {
            scroll += latestHeight()
            unseen += 1
        }
        return entry.number
    }

    mutating func show(_ conversation: Receiver) {
        self.conversation = conversation
        switch conversation {
        case .all: unread = [:]
        case .machine(let name): unread[name] = nil
        }
        scrollDown()
    }

    mutating func scrollDown() { (scroll, unseen) = (0, 0) }

    private mutating func receive(_ message: Stamped<InboxMessage>) {
        let sender = message.message.from
        add(.received(sender), message.message.text, at: message.stamp)
        if case .machine(let name) = conversation, name != sender { unread[sender, default: 0] += 1 }
    }

    private mutating func setMark(_ number: Int, _ mark: Mark, id: String? = nil) {
        if log.mark(number, mark, id: id) { layout.forget(number) }
    }
}
