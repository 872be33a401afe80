import Basics
import Glibc
import LabCore
import LinuxProcess
import Synchronization

/// Several runs, some of them at once: each one's output stays together.
struct RunQueue: Sendable {
    var runs: [(run: PlannedRun, output: String)]
    var jobs: Int
    var form: StoryForm
    var sabotage: String?
    var keepsFailure: Bool

    /// - Returns: what became of the runs, in their order; those that an interruption kept from starting are missing.
    func carryOut() async -> [RunOutcome] {
        let isParallel = jobs > 1 && runs.count > 1
        let board = RunBoard(form: form, total: runs.count)
        let tickets = Tickets(count: runs.count)
        let outcomes = await withTaskGroup(of: [(Int, RunOutcome)].self) { group in
            for _ in 0..<(isParallel ? min(jobs, runs.count) : 1) {
                group.addTask {
                    var own: [(Int, RunOutcome)] = []
                    while let index = tickets.next() {
                        let outcome = isParallel ? await apart(index, board) : await execution(index, form, nil).carryOut()
                        if outcome.exit >= 128 { tickets.stop() }
                        own.append((index, outcome))
                    }
                    return own
                }
            }
            var all: [(Int, RunOutcome)] = []
            for await some in group { all += some }
            return all
        }
        board.clear()
        return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func execution(_ index: Int, _ form: StoryForm, _ terminal: Int32?) -> RunExecution {
        RunExecution(
            run: runs[index].run, output: runs[index].output, form: form, sabotage: sabotage, keepsFailure: keepsFailure,
            terminal: terminal)
    }

    /// A run whose output goes through a pipe, and is shown whole when it is over.
    private func apart(_ index: Int, _ board: RunBoard) async -> RunOutcome {
        // Not a pipe: a socket can be made so that no program started meanwhile inherits it.
        guard let (reading, writing) = try? DescriptorSocket.pair() else { return await execution(index, form, nil).carryOut() }
        let label = runs[index].run.label
        let reader = Task {
            await OwnThread.run { LineReader.forEachLine(of: reading.descriptor) { board.take($0, of: label) } }
        }
        let outcome = await execution(index, .json, writing.descriptor).carryOut()
        writing.shutDown()
        await reader.value
        board.end(label)
        return outcome
    }
}

/// Hands out numbers, each one once.
private final class Tickets: Sendable {
    private let rest: Mutex<Range<Int>>

    init(count: Int) { rest = Mutex(0..<count) }

    func next() -> Int? { rest.withLock { $0.popFirst() } }

    /// Nobody gets another one.
    func stop() { rest.withLock { $0 = 0..<0 } }
}

/// Reads lines until the other end is closed.
enum LineReader {
    /// Calls the body with each line, without its end; on the calling thread. A line may have a mebibyte at the most: what is longer is
    /// given in parts.
    static func forEachLine(of descriptor: Int32, _ body: (String) -> Void) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = read(descriptor, &buffer, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            pending += buffer[..<got]
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                body(String(decoding: pending[..<end], as: UTF8.self))
                pending.removeFirst(end + 1)
            }
            if pending.count > 1 << 20 {
                body(String(decoding: pending, as: UTF8.self))
                pending = []
            }
        }
        if !pending.isEmpty { body(String(decoding: pending, as: UTF8.self)) }
    }
}
