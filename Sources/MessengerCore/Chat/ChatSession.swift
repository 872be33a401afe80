import Basics
import ChatLogic
import ControlProtocol
import LocalControl
import MeshModel
import Terminal

/// The chat on a real terminal: bytes and the messenger's answers in, what changes on the screen out.
public struct ChatSession: Sendable {
    private let client: LocalControlClient
    private let options: ChatState.Options
    private let update: ScreenUpdate

    /// How long after the last byte a sequence that was begun is given up.
    static let escapePause = Duration.milliseconds(50)

    /// - Parameters:
    ///   - client: of the messenger's control socket.
    ///   - colors: whether colours may be used.
    public init(client: LocalControlClient, options: ChatState.Options, colors: Bool) {
        self.client = client
        self.options = options
        update = ScreenUpdate(colors: colors)
    }

    private enum Item: Sendable {
        case event(ChatEvent)
        case terminal(TerminalInput.Item)
        /// No byte came for a while, after so many.
        case quiet(after: Int)
    }

    /// Runs until the person quits or the terminal is gone. The terminal is then as it was.
    ///
    /// - Throws: `CodedError`: as `FullScreen` does.
    public func run() async throws {
        let screen = try FullScreen()
        let mailbox = Mailbox<Item>()
        let feed = ChatFeed(client: client) { mailbox.post(.event($0)) }
        // Before the terminal is changed: whatever fails or ends the program from here on, it is given back.
        defer { screen.leave() }
        let input = TerminalInput(screen) { mailbox.post(.terminal($0)) }
        defer { input.stop() }
        try screen.enter()
        let following = Task { await feed.run() }
        defer { following.cancel() }
        try await converse(on: screen, mailbox, feed)
    }

    private func converse(on screen: FullScreen, _ mailbox: Mailbox<Item>, _ feed: ChatFeed) async throws {
        var state = ChatState(options)
        var decoder = KeyDecoder()
        var shown: Screen?
        var bytes = 0
        mailbox.post(.terminal(.resized))
        for await _ in mailbox.wakes {
            var actions: [ChatAction] = []
            for item in mailbox.take() {
                let stamp = Stamp.now
                switch item {
                case .event(let event): actions += state.handle(event, at: stamp)
                case .terminal(.gone): return
                case .terminal(.resized):
                    let size = screen.size
                    actions += state.handle(.resize(columns: size.columns, rows: size.rows), at: stamp)
                case .terminal(.resumed): actions.append(.repaint)
                case .terminal(.suspended): actions.append(.suspend)
                case .terminal(.bytes(let new)):
                    bytes += new.count
                    for key in decoder.decode(new) { actions += state.handle(.key(key), at: stamp) }
                    if decoder.isWaiting { wait(after: bytes, mailbox) }
                case .quiet(let count) where count == bytes:
                    for key in decoder.flush() { actions += state.handle(.key(key), at: stamp) }
                    if decoder.isWaiting { wait(after: bytes, mailbox) }
                case .quiet: break
                }
            }
            for action in actions {
                switch action {
                case .quit: return
                case .suspend:
                    // Nothing is drawn until it goes on: `resumed` says so.
                    screen.leave()
                    guard !JobControl.suspend() else { continue }
                    try screen.enter()
                    shown = nil
                case .repaint:
                    try screen.enter()
                    shown = nil
                case .send(let number, let receiver, let text, let keeps): feed.send(number, Self.request(receiver, text, keeps))
                case .broadcast(let number, let text):
                    let bound = MessengerControl.defaultTimeoutMilliseconds
                    feed.broadcast(number, BroadcastRequest(text: text, timeoutMilliseconds: bound))
                }
            }
            feed.watchesSends.value = state.hasOpenSends
            let next = state.screen()
            try screen.write(update.sequence(from: shown, to: next))
            shown = next
        }
    }

    private static func request(_ receiver: MachineName, _ text: String, _ keeps: Bool) -> SendRequest {
        SendRequest(
            to: receiver, text: text, timeoutMilliseconds: MessengerControl.defaultTimeoutMilliseconds,
            expiresMilliseconds: keeps ? MessengerControl.defaultExpiryMilliseconds : nil)
    }

    private func wait(after bytes: Int, _ mailbox: Mailbox<Item>) {
        Task {
            try? await Task.sleep(for: Self.escapePause)
            mailbox.post(.quiet(after: bytes))
        }
    }
}
