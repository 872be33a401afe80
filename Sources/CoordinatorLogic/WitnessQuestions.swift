import Basics
import MeshModel

/// A question to a machine: can you reach that suspect over the mesh?
public struct WitnessQuestion: Sendable, Hashable {
    /// Who is asked.
    public let witness: MachineID
    /// Who is to be probed.
    public let suspect: MachineID
    /// Names the question.
    public let request: UInt64
    /// How long to try, 100 ms to 60 s.
    public let within: Duration
}

/// The questions that wait for an answer: a bounded memory, and a bound for what one witness is asked.
struct WitnessQuestions: Sendable {
    struct Open: Sendable {
        let witness: MachineID
        let suspect: MachineID
        /// Awake and real time of the question. An answer "reachable" counts from here: that is never too late.
        let asked: MonotonicTime
        let askedAt: MonotonicTime
        /// Awake time from which the answer would change nothing.
        let expires: MonotonicTime
    }

    /// How many may be open; the oldest makes room.
    static let capacity = 16_384
    /// How many one witness is asked in one heartbeat interval.
    static let perInterval = 8
    /// How many are asked about one suspect at a time.
    static let witnessesPerSuspect = 3

    private var open: [UInt64: Open] = [:]
    /// The numbers in the order of asking, from `first` on; those answered are still among them.
    private var order: [UInt64] = []
    private var first = 0
    private var askedOf: [MachineID: Int] = [:]
    private var windowEnds = MonotonicTime.zero

    var count: Int { open.count }

    /// Begins a new count of what each witness is asked, if an interval has passed.
    mutating func startWindow(at awake: MonotonicTime, interval: Duration) {
        guard awake >= windowEnds else { return }
        windowEnds = awake + interval
        askedOf.removeAll(keepingCapacity: true)
    }

    func mayAsk(_ witness: MachineID) -> Bool { askedOf[witness, default: 0] < Self.perInterval }

    /// Remembers a question under a fresh number, which any JSON reader can hold (below 2^53).
    mutating func add(_ question: Open, using generator: inout some RandomNumberGenerator) -> UInt64 {
        var request: UInt64
        repeat { request = UInt64.random(in: 1..<(1 << 53), using: &generator) } while open[request] != nil
        makeRoom(at: question.asked)
        open[request] = question
        order.append(request)
        askedOf[question.witness, default: 0] += 1
        return request
    }

    /// Takes the question that an answer belongs to; nil if it was not put to that machine about that suspect, or is too old.
    mutating func answer(
        _ request: UInt64, about suspect: MachineID, by witness: MachineID, at awake: MonotonicTime
    ) -> Open? {
        guard let question = open[request], question.witness == witness, question.suspect == suspect else { return nil }
        open[request] = nil
        return question.expires > awake ? question : nil
    }

    private mutating func makeRoom(at awake: MonotonicTime) {
        while first < order.count {
            let oldest = order[first]
            if let question = open[oldest], question.expires > awake, order.count - first < Self.capacity { break }
            open[oldest] = nil
            first += 1
        }
        guard first > 1_024, first > order.count / 2 else { return }
        order.removeFirst(first)
        first = 0
    }
}
