import Basics
import FoundationEssentials
import MeshModel
import MessengerLogic
import Synchronization
import Testing

@testable import MessengerCore
import Timing

/// A directory that says what the test wants, or nothing at all.
final class StandInDirectory: Directory {
    enum Mood: Sendable {
        case answers(Roster)
        case answersWhenSet(OneShot<Roster>)
        case fails
        /// Never answers, and takes no notice of being cancelled.
        case hangs
    }

    private let mood: Mutex<Mood>
    private let questions = Mutex(0)

    init(_ mood: Mood) { self.mood = Mutex(mood) }

    /// Waits until the directory was asked so often; false after thirty seconds.
    func wasAsked(times: Int) async -> Bool {
        let start = MonotonicTime.now
        while questions.withLock({ $0 }) < times, MonotonicTime.now - start < .seconds(30) { await Task.yield() }
        return questions.withLock { $0 } >= times
    }

    func set(_ mood: Mood) { self.mood.withLock { $0 = mood } }

    func roster() async throws -> Roster {
        questions.withLock { $0 += 1 }
        switch mood.withLock({ $0 }) {
        case .answers(let roster): return roster
        case .answersWhenSet(let answer):
            guard let roster = await answer.value() else { throw CancellationError() }
            return roster
        case .fails: throw CodedError("control-unreachable", "no agent")
        case .hangs:
            return await withUnsafeContinuation { _ in }
        }
    }
}

/// Loopback addresses in the place of mesh addresses: each member has one of its own, so that tests run side by side.
enum StandInMesh {
    private static let counter = Mutex(UInt32.random(in: 1_000...9_000_000))

    static func member(_ name: String, isReachable: Bool = true) throws -> Roster.Member {
        let number = counter.withLock { count in
            count += 1
            return count
        }
        return Roster.Member(
            id: .random(), name: try #require(MachineName(name)), address: .v4(0x7f00_0000 + number), isReachable: isReachable)
    }
}

/// A directory of its own that is gone after the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/warren-" + RandomBytes.hex(6)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
