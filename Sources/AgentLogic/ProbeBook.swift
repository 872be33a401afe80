import Basics
import MeshModel

/// Questions to other machines over the mesh that are not settled yet: whom to ask again when, and what came of each.
///
/// To be used in rounds: `ask`, send what is `due`, hand in answers, take the `outcomes`, wait until `nextWake`.
public struct ProbeBook: Sendable {
    /// Who wants to know.
    public enum Purpose: Sendable, Hashable {
        /// The coordinator, by a question of that number.
        case coordinator(UInt64)
        /// This machine, which would otherwise drop the peer.
        case evidence
        /// Somebody who wants to know how long it takes, by a measurement of that number. Sent once: of an answer to the second of two
        /// equal datagrams nobody could tell which one it answers.
        case measurement(UInt64)
    }

    /// What to find out.
    public struct Question: Sendable, Hashable {
        public var machine: MachineID
        public var purpose: Purpose
        /// How long to try; taken to be within `allowedPatience`.
        public var within: Duration

        public init(machine: MachineID, purpose: Purpose, within: Duration) {
            self.machine = machine
            self.purpose = purpose
            self.within = within
        }
    }

    /// What came of a question.
    public struct Outcome: Sendable, Hashable {
        public let machine: MachineID
        public let purpose: Purpose
        /// Whether an answer came in time.
        public let isReachable: Bool
        /// Of a measurement, from its datagram to the answer; nil without one.
        public let roundTrip: Duration?

        init(machine: MachineID, purpose: Purpose, isReachable: Bool, roundTrip: Duration? = nil) {
            self.machine = machine
            self.purpose = purpose
            self.isReachable = isReachable
            self.roundTrip = roundTrip
        }
    }

    /// A datagram to send.
    public struct Sending: Sendable, Hashable {
        /// The machine's mesh address.
        public let address: IPAddress
        public let packet: ProbePacket
    }

    /// The most questions of the coordinator's that are open at a time; further ones are not answered.
    public static let coordinatorLimit = 64
    /// The most questions of this machine's own; the answer to further ones is no.
    public static let evidenceLimit = 1_024
    /// The most measurements that are open at a time; there is no answer to further ones.
    public static let measurementLimit = 2_048
    /// The shortest and the longest that is tried.
    public static let allowedPatience = Duration.milliseconds(100) ... .seconds(60)
    /// From the first attempt to the second; each further gap is twice as long, up to `longestGap`.
    static let firstGap = Duration.milliseconds(100)
    /// The same for evidence, which is wanted within 300 ms.
    static let firstEvidenceGap = Duration.milliseconds(50)
    static let longestGap = Duration.seconds(2)

    private struct Key: Hashable {
        let machine: MachineID
        let purpose: Purpose
    }

    private struct Open {
        /// Where the questions go, and where an answer has to come from.
        let address: IPAddress
        let packet: ProbePacket
        let deadline: MonotonicTime
        var nextSend: MonotonicTime
        var gap: Duration
        var lastSent: MonotonicTime?
    }

    private var open: [Key: Open] = [:]
    private var byNonce: [[UInt8]: Key] = [:]
    private var settled: [Outcome] = []

    public init() {}

    /// How many questions are not settled.
    public var count: Int { open.count }

    /// Begins with a question; one that is open already goes on as it is.
    ///
    /// - Parameter address: the machine's mesh address; nil: it is not known or not a peer, which settles the question.
    /// - Returns: whether there was room for it. A question of the coordinator's that there is none for is forgotten.
    @discardableResult public mutating func ask(
        _ question: Question, at address: IPAddress?, now: MonotonicTime, using generator: inout some RandomNumberGenerator
    ) -> Bool {
        let key = Key(machine: question.machine, purpose: question.purpose)
        guard open[key] == nil else { return true }
        let hasRoom = hasRoom(for: question.purpose)
        let nonce = (0..<ProbePacket.nonceLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard hasRoom, let address, let packet = ProbePacket(.question, nonce: nonce) else {
            if hasRoom || question.purpose.kind != .coordinator { settle(key, false) }
            return hasRoom
        }
        let patience = min(max(question.within, Self.allowedPatience.lowerBound), Self.allowedPatience.upperBound)
        open[key] = Open(
            address: address, packet: packet, deadline: now + patience, nextSend: now,
            gap: question.purpose == .evidence ? Self.firstEvidenceGap : Self.firstGap)
        byNonce[nonce] = key
        return true
    }

    /// The datagrams to send now; each answer counts as carried out. Questions whose time is over are settled.
    ///
    /// - Parameter isConfigured: whether an address is that of a peer now. To any other the datagram would leave outside the tunnel.
    public mutating func due(now: MonotonicTime, isConfigured: (IPAddress) -> Bool) -> [Sending] {
        var sendings: [Sending] = []
        for (key, entry) in open.sorted(by: { $0.value.nextSend < $1.value.nextSend }) {
            if now >= entry.deadline || !isConfigured(entry.address) {
                settle(key, false)
            } else if now >= entry.nextSend {
                sendings.append(Sending(address: entry.address, packet: entry.packet))
                open[key]?.nextSend = key.purpose.kind == .measurement ? entry.deadline : now + entry.gap
                open[key]?.lastSent = now
                open[key]?.gap = min(entry.gap * 2, Self.longestGap)
            }
        }
        return sendings
    }

    /// An answer has come. It counts if it answers an open question and comes from the machine that was asked.
    ///
    /// - Returns: whether it counted.
    @discardableResult public mutating func noteAnswer(_ packet: ProbePacket, from address: IPAddress, now: MonotonicTime) -> Bool
    {
        guard packet.kind == .answer, let key = byNonce[packet.nonce], let entry = open[key], entry.address == address,
            now <= entry.deadline
        else { return false }
        let isTimed = key.purpose.kind == .measurement
        settle(key, true, roundTrip: isTimed ? entry.lastSent.map { max(.zero, now - $0) } : nil)
        return true
    }

    /// What has been settled since this was last asked.
    public mutating func takeOutcomes() -> [Outcome] {
        defer { settled = [] }
        return settled
    }

    /// When something is due; nil: nothing is open.
    public var nextWake: MonotonicTime? { open.values.map { min($0.nextSend, $0.deadline) }.min() }

    private func hasRoom(for purpose: Purpose) -> Bool {
        open.keys.count { $0.purpose.kind == purpose.kind } < purpose.kind.limit
    }

    private mutating func settle(_ key: Key, _ isReachable: Bool, roundTrip: Duration? = nil) {
        if let entry = open.removeValue(forKey: key) { byNonce[entry.packet.nonce] = nil }
        settled.append(
            Outcome(machine: key.machine, purpose: key.purpose, isReachable: isReachable, roundTrip: roundTrip))
    }
}

extension ProbeBook.Purpose {
    /// The purpose without its number.
    public enum Kind: Sendable, Hashable {
        case coordinator, evidence, measurement

        /// The most questions that are open at a time.
        var limit: Int {
            switch self {
            case .coordinator: ProbeBook.coordinatorLimit
            case .evidence: ProbeBook.evidenceLimit
            case .measurement: ProbeBook.measurementLimit
            }
        }
    }

    public var kind: Kind {
        switch self {
        case .coordinator: .coordinator
        case .evidence: .evidence
        case .measurement: .measurement
        }
    }
}
