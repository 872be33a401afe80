import Basics
import ControlProtocol
import MeshModel
import ScenarioModel
import Timing

/// Conditions about messages between machines.
extension ScenarioRun {
    /// How long to wait before messages that did not end as wanted are sent again.
    static let resendInterval = Duration.milliseconds(200)

    /// Sends from each to each other until every pair has ended as wanted once. Delivered means: the sender was told so, and the
    /// receiver's inbox holds the message exactly once, from that sender.
    func messagesUntilEnded(from: [String], to: [String], outcome: MessageOutcome, deadline: MonotonicTime) async -> Look {
        let pairs = from.flatMap { source in to.filter { $0 != source }.map { PingWatch.Pair(from: source, to: $0) } }
        var open = pairs
        var sends = 0
        var slowest = 0.0
        var reasons: Set<String> = []
        var complaints: [String] = []
        while !open.isEmpty, MonotonicTime.now < deadline, !Task.isCancelled {
            let ends = await sendAll(open, bound: outcome.bound)
            sends += open.count
            complaints = []
            let inboxes = outcome.delivered ? await readInboxes(Set(open.map(\.to))) : [:]
            var done: Set<PingWatch.Pair> = []
            for (pair, end) in ends {
                if let complaint = judge(pair, end, outcome, inboxes[pair.to]) {
                    complaints.append("\(pair): \(complaint)")
                } else {
                    done.insert(pair)
                    if case .success(let result) = end {
                        slowest = max(slowest, result.milliseconds)
                        if let reason = result.reason { reasons.insert(reason.rawValue) }
                    }
                }
            }
            open.removeAll(where: done.contains)
            if !open.isEmpty { try? await Task.sleep(for: Self.resendInterval) }
        }
        let word =
            outcome.delivered ? "delivered" : "failed\(reasons.isEmpty ? "" : " (\(reasons.sorted().joined(separator: ", ")))")"
        let detail =
            "\(pairs.count - open.count) of \(pairs.count) \(word), \(sends) sent, slowest \(Int(slowest.rounded(.up))) ms"
        guard open.isEmpty else {
            return Look(.no, "\(detail); \(complaints.prefix(4).joined(separator: "; "))")
        }
        return Look(.yes, detail)
    }

    private typealias End = Result<SendResult, any Error>

    private func sendAll(_ pairs: [PingWatch.Pair], bound: Duration) async -> [(PingWatch.Pair, End)] {
        await withTaskGroup(of: (PingWatch.Pair, End).self) { group in
            for pair in pairs {
                group.addTask { [network] in
                    do {
                        guard let name = MachineName(pair.to) else { throw CodedError("lab.machine", "no machine \(pair.to)") }
                        let socket = try await network.socketPath(pair.from, WarrenServices.messengerSocket)
                        let request = SendRequest(
                            to: name, text: "\(network.canary) \(RandomBytes.hex(8)) \(pair)",
                            timeoutMilliseconds: Int(bound.wholeMilliseconds))
                        return (pair, .success(try await MessengerView(socket: socket).send(request)))
                    } catch {
                        return (pair, .failure(error))
                    }
                }
            }
            var ends: [(PingWatch.Pair, End)] = []
            for await end in group { ends.append(end) }
            return ends
        }
    }

    /// What is wrong with the way a send ended; nil if nothing is.
    private func judge(_ pair: PingWatch.Pair, _ end: End, _ outcome: MessageOutcome, _ inbox: Inbox?) -> String? {
        let result: SendResult
        switch end {
        case .failure(let error): return "\(error)"
        case .success(let value): result = value
        }
        let boundMilliseconds = outcome.bound.inSeconds * 1_000
        if result.milliseconds > boundMilliseconds { return "ended after \(Int(result.milliseconds)) ms, beyond its bound" }
        guard (result.outcome == .delivered) == outcome.delivered else { return "\(result.outcome.rawValue): \(result.detail)" }
        guard outcome.delivered else {
            let reason = result.reason?.rawValue ?? "no reason"
            guard outcome.reasons.isEmpty || outcome.reasons.contains(reason) else {
                return "failed for another reason: \(result.detail)"
            }
            return nil
        }
        switch inbox {
        case .success(let messages):
            let copies = messages.filter { $0.id == result.id }
            guard copies.count == 1, copies[0].from.text == pair.from else {
                let sender = copies.isEmpty ? "" : ", from \(copies[0].from)"
                return "said to be delivered, but the inbox holds it \(copies.count) times\(sender)"
            }
            return nil
        case .failure(let error): return "said to be delivered, but the inbox cannot be read: \(error)"
        case nil: return "said to be delivered, but nobody looked into the inbox"
        }
    }

    private typealias Inbox = Result<[InboxMessage], any Error>

    private func readInboxes(_ receivers: Set<String>) async -> [String: Inbox] {
        var inboxes: [String: Inbox] = [:]
        for name in receivers {
            do {
                let socket = try await network.socketPath(name, WarrenServices.messengerSocket)
                inboxes[name] = .success(try await MessengerView(socket: socket).inbox(limit: 1_000))
            } catch {
                inboxes[name] = .failure(error)
            }
        }
        return inboxes
    }
}
