import Basics
import ControlProtocol
import Glibc
import LocalControl
import MeshModel
import MessengerLogic
import Synchronization
import Timing

/// Sends a load through the messenger of this machine.
final class LoadRun: Sendable {
    /// What all messages have in common.
    struct Template: Sendable {
        let size: Int
        let timeoutMilliseconds: Int
        let expiresMilliseconds: Int?
    }

    private struct State {
        var pace: LoadPace
        var tally = LoadTally()
    }

    private let client: LocalControlClient
    private let targets: LoadTargets
    private let template: Template
    private let showsProgress: Bool
    private let state: Mutex<State>
    private let start = MonotonicTime.now
    /// Tells the messages of this load from those of others.
    private let mark = RandomBytes.hex(4)

    init(client: LocalControlClient, targets: LoadTargets, template: Template, pace: LoadPace, showsProgress: Bool) {
        self.client = client
        self.targets = targets
        self.template = template
        self.showsProgress = showsProgress
        state = Mutex(State(pace: pace))
    }

    /// - Parameter workers: how many sends may be under way at one time.
    /// - Throws: `CodedError` if the messenger finds the requests themselves wrong.
    func run(workers: Int) async throws -> LoadReport {
        try await withThrowingTaskGroup { group in
            let progress = showsProgress ? Task { await tellProgress() } : nil
            defer { progress?.cancel() }
            for _ in 0..<workers { group.addTask { try await self.work() } }
            try await group.waitForAll()
        }
        if showsProgress { StatusLine.clearLine() }
        let seconds = (MonotonicTime.now - start).inSeconds
        return state.withLock { $0.tally.report(seconds: seconds) }
    }

    private func work() async throws {
        var backoff = Backoff(first: .milliseconds(20), cap: .milliseconds(500))
        while let ticket = state.withLock({ $0.pace.next(after: MonotonicTime.now - start) }) {
            let due = ticket.due.map { start + $0 }
            if let due, due > .now { try await Task.sleep(for: due - .now) }
            let isTaken = try await send(ticket.number, due: due ?? .now)
            // Whoever is away or has no room is not asked in a tight loop.
            if isTaken { backoff.reset() } else { try await Task.sleep(for: backoff.next(random: .random(in: 0..<1))) }
        }
    }

    /// - Returns: whether the messenger of this machine took it.
    private func send(_ number: Int, due: MonotonicTime) async throws -> Bool {
        let request = SendRequest(
            to: targets.receiver(of: number, random: .random(in: .min ... .max)),
            text: LoadText.text(run: mark, number: number, size: template.size),
            timeoutMilliseconds: template.timeoutMilliseconds, expiresMilliseconds: template.expiresMilliseconds)
        // The messenger keeps the bound; it gets a little longer to say so.
        let patience = Duration.milliseconds(request.timeoutMilliseconds) + .seconds(2)
        do {
            let result = try await client.post(MessengerControl.send, body: request, timeout: patience, as: SendResult.self)
            let took = (MonotonicTime.now - due).inSeconds * 1_000
            state.withLock { $0.tally.add(result, milliseconds: took) }
            return true
        } catch let error as CodedError where !error.code.hasPrefix("bad-") {
            state.withLock { $0.tally.addNotTaken(error.code) }
            return false
        }
    }

    /// Once a second, for whoever watches.
    private func tellProgress() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let tally = state.withLock { $0.tally }
            let seconds = Int((MonotonicTime.now - start).inSeconds)
            StatusLine.rewriteLine(
                "\(seconds) s: \(tally.attempts) sent, \(tally.delivered) delivered, \(tally.queued) queued, \(tally.failures) failed, "
                    + "\(tally.refusals) not taken")
        }
    }
}

/// A line on standard error that is written over and over.
enum StatusLine {
    static func rewriteLine(_ text: String) { write("\r\u{1b}[K" + text) }
    static func clearLine() { write("\r\u{1b}[K") }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}
