import ControlProtocol
import MeshModel
import Testing

@testable import ChatLogic

/// A chat to which anything happens.
struct ChatModel {
    var state: ChatState
    private let names: [MachineName]
    private var open: [Int] = []
    private var sequence: Int64 = 0

    private static let texts = [
        "hello", "中文字 wide", "👩‍👩‍👧‍👦 family", "e\u{301}\u{302}", "\u{1b}[2J\u{7}", "a\nb\n\nc", "\u{202e}turned", "\t", "क्षत्रिय", "❤️ 1️⃣ 🇩🇪",
        "a-word-that-is-much-longer-than-any-line-that-there-may-be-on-a-terminal-of-a-person", "\u{301}\u{200d}\u{200b}", " ",
        "@birch hi",
        "/to birch", "/to all", "/queue", "/help", "//slash", "@oat x", "/frob", "@all 中",
        String(repeating: "wrap me ", count: 40),
    ]
    private static let keys: [Key] = [
        .enter, .enter, .enter, .tab, .backspace, .delete, .left, .right, .up, .down, .home, .end, .pageUp, .pageUp, .pageDown,
        .wordLeft,
        .wordRight, .deleteWord, .escape, .lineFeed, .control("a"), .control("e"), .control("k"), .control("u"), .control("w"),
        .control("y"), .control("o"), .control("l"), .control("z"), .control("x"),
    ]

    init(_ random: inout SeededGenerator) throws {
        names = try ["birch", "cedar", "elm", "a-rather-long-name-for-a-machine"].map { try #require(MachineName($0)) }
        state = ChatState(.init(keeps: Bool.random(using: &random)))
    }

    mutating func handle(_ event: ChatEvent) -> [ChatAction] {
        let actions = state.handle(event, at: Stamp(day: sequence % 3 == 0 ? "Monday" : "Tuesday", time: "10:00"))
        for action in actions {
            switch action {
            case .send(let number, _, _, _), .broadcast(let number, _): open.append(number)
            default: break
            }
        }
        return actions
    }

    mutating func event(_ random: inout SeededGenerator) -> ChatEvent {
        let text = Self.texts.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<25, using: &random) {
        case 20...22: return .key(.enter)
        case 23: return .key(.control("u"))
        case 0...5: return .key(.paste(text))
        case 6...9: return .key(Self.keys.randomElement(using: &random) ?? .enter)
        case 10: return .key(.scalar(text.unicodeScalars.first ?? "x"))
        case 11: return .resize(columns: .random(in: 1...100, using: &random), rows: .random(in: 1...30, using: &random))
        case 12: return .resize(columns: 80, rows: 24)
        case 13, 14: return .received((0..<Int.random(in: 1...5, using: &random)).map { _ in message(&random) })
        case 15, 16: return outcome(&random)
        case 17: return .trouble(Bool.random(using: &random) ? nil : text)
        case 18: return .sent(state.log.entries.compactMap { sent($0.id, &random) })
        default: return .members(mesh(&random))
        }
    }

    private mutating func message(_ random: inout SeededGenerator) -> Stamped<InboxMessage> {
        sequence += 1
        let text = Self.texts.randomElement(using: &random) ?? ""
        let message = InboxMessage(
            id: "\(sequence)", sequence: sequence, from: names[Int(sequence) % 4], text: text, receivedAt: "")
        return Stamped(message, at: Stamp(day: sequence % 5 == 0 ? "Monday" : "Tuesday", time: "10:01"))
    }

    private mutating func outcome(_ random: inout SeededGenerator) -> ChatEvent {
        let number = open.popLast() ?? Int.random(in: -5...3_000, using: &random)
        let result = Self.result(&random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return .notTaken(number, "no room: 中\u{1b}")
        case 1: return .broadcastEnded(number, names.map { BroadcastResult(to: $0, result: result) })
        default: return .sendEnded(number, result)
        }
    }

    private static func result(_ random: inout SeededGenerator) -> SendResult {
        let outcome = [SendResult.Outcome.delivered, .failed, .queued].randomElement(using: &random) ?? .failed
        return SendResult(
            id: "\(UInt8.random(in: 0...255, using: &random))", outcome: outcome, reason: outcome == .failed ? .timedOut : nil,
            detail: "no answer\u{9b}within 5s", milliseconds: 1)
    }

    private func sent(_ id: String?, _ random: inout SeededGenerator) -> SentMessage? {
        guard let id else { return nil }
        return SentMessage(
            id: id, sequence: 1, to: names[0], text: "", outcome: Bool.random(using: &random) ? .delivered : .failed,
            reason: .expired,
            detail: "", sentAt: "", endedAt: nil, expiresAt: nil)
    }

    private func mesh(_ random: inout SeededGenerator) -> MeshMembers {
        let members = names.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }.map {
            MeshMembers.Member(
                name: $0, address: .v4(0x6440_0002),
                presence: MeshMembers.Presence.allCases.randomElement(using: &random) ?? .away)
        }
        let own = MachineName("oak").map { MeshMembers.Own(name: $0, address: .v4(0x6440_0001)) }
        return MeshMembers(own: Int.random(in: 0..<8, using: &random) == 0 ? nil : own, members: members)
    }
}
