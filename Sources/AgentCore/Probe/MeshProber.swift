import AgentLogic
import Basics
import Logging
import MeshModel
import Observability
import Synchronization
import Timing

/// Answers the probes of other machines, and asks them what was left on the desk.
final class MeshProber: Sendable {
    private let membership: Membership
    private let logger: Logger
    private let port: UInt16
    /// Answers that came since the last round.
    private let inbox = Mutex<[Arrival]>([])

    private struct Arrival {
        let packet: ProbePacket
        let source: IPAddress
        let time: MonotonicTime
    }

    /// The most answers that wait for a round.
    private static let inboxLimit = 4_096
    /// How often an address that cannot be used is tried again.
    private static let retryInterval = Duration.seconds(2)

    init(membership: Membership, logger: Logger, port: UInt16 = ProbePacket.port) {
        self.membership = membership
        self.logger = logger
        self.port = port
    }

    private struct Sockets {
        var open: [ProbeSocket] = []
        var wanted: [IPAddress: IPPrefix] = [:]
        var nextTry = MonotonicTime.zero
        var complaints: [IPAddress: String] = [:]
    }

    /// Runs until the task is cancelled.
    func run() async {
        var book = ProbeBook()
        var sockets = Sockets()
        var generator = SystemRandomNumberGenerator()
        let desk = membership.probes
        while !Task.isCancelled {
            openSockets(&sockets)
            for answer in takeAnswers() { book.noteAnswer(answer.packet, from: answer.source, now: answer.time) }
            for question in desk.takeQuestions() {
                book.ask(question, at: desk.address(of: question.machine), now: .now, using: &generator)
            }
            for sending in book.due(now: .now, isConfigured: desk.isConfigured) {
                let socket = sockets.open.first { $0.address.bitWidth == sending.address.bitWidth }
                socket?.send(sending.packet, to: sending.address, port: port)
            }
            handOver(book.takeOutcomes())
            await desk.signal.wait(until: min(book.nextWake ?? .now + Self.retryInterval, .now + Self.retryInterval))
        }
    }

    private func handOver(_ outcomes: [ProbeBook.Outcome]) {
        guard !outcomes.isEmpty else { return }
        for outcome in outcomes { membership.probes.note(outcome) }
        let kinds = Set(outcomes.map(\.purpose.kind))
        if kinds.contains(.evidence) { membership.dataPlaneSignal.wake() }
        if kinds.contains(.coordinator) { membership.heartbeatSignal.wake() }
    }

    // MARK: Sockets

    /// One for each mesh address of this machine. The addresses need not be there yet.
    private func openSockets(_ sockets: inout Sockets) {
        let wanted = membership.current.registration?.meshAddresses ?? [:]
        let isNew = wanted != sockets.wanted
        guard isNew || sockets.open.count < wanted.count && sockets.nextTry <= .now else { return }
        sockets.wanted = wanted
        sockets.nextTry = .now + Self.retryInterval
        if isNew { sockets.open = [] }
        for (address, mesh) in wanted.sorted(by: { $0.key < $1.key })
        where !sockets.open.contains(where: { $0.address == address }) {
            do throws(CodedError) {
                sockets.open.append(
                    try ProbeSocket(address, mesh: mesh, port: port) { [weak self] in self?.take($0, from: $1) })
                sockets.complaints[address] = nil
            } catch {
                guard sockets.complaints.updateValue(error.message, forKey: address) != error.message else { continue }
                logger.event(
                    "probe-socket-failed", "other machines cannot probe this one at \(address); trying on: \(error)",
                    ["address": "\(address)", "code": "\(error.code)"], level: .warning)
            }
        }
    }

    private func take(_ packet: ProbePacket, from source: IPAddress) {
        let now = MonotonicTime.now
        inbox.withLock { if $0.count < Self.inboxLimit { $0.append(Arrival(packet: packet, source: source, time: now)) } }
        membership.probes.signal.wake()
    }

    private func takeAnswers() -> [Arrival] {
        inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
    }
}
