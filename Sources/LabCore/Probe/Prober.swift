import Basics
import Dispatch
import Glibc
import LinuxProcess
import MeshModel
import Synchronization
import Timing

/// Sends ICMP echoes from machines, through sockets that were opened inside them: no process is started for a probe.
final class Prober: Sendable {
    private struct Source: @unchecked Sendable {
        let descriptor: Int32
        /// Dispatch sources may be used from any thread; the type only does not say so.
        let reader: any DispatchSourceRead
    }

    private struct State {
        var sources: [String: Source] = [:]
        var nextNumber: UInt64 = 1
        /// When each probe under way was answered; nil: not yet.
        var probes: [UInt64: MonotonicTime?] = [:]
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "warren.lab.prober")
    private let identifier = UInt16.random(in: 1 ... .max)

    /// Starts to use a machine's raw ICMP socket, and owns it from here on.
    func attach(_ machine: String, _ descriptor: Int32) throws(CodedError) {
        detach(machine)
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            let reason = errno
            close(descriptor)
            throw CodedError("probe.socket", "cannot set up the probe socket of \(machine): \(errorText(reason))")
        }
        let reader = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        reader.setEventHandler { [weak self] in self?.drain(descriptor) }
        reader.setCancelHandler { close(descriptor) }
        reader.resume()
        let source = Source(descriptor: descriptor, reader: reader)
        state.withLock { $0.sources[machine] = source }
    }

    /// Closes a machine's socket, which would otherwise keep its network namespace alive.
    func detach(_ machine: String) {
        state.withLock { $0.sources.removeValue(forKey: machine) }?.reader.cancel()
    }

    /// What became of an attempt to send.
    enum Sending: Sendable, Hashable {
        /// On its way, under this number.
        case sent(UInt64)
        /// The machine's kernel refused: with ENETUNREACH, for one, where no route leads to the address.
        case refused(errno: Int32)
        /// The machine is off, so nothing was tried.
        case machineOff
    }

    /// Sends one echo request.
    func send(from machine: String, to address: IPAddress) -> Sending {
        guard case .v4(let word) = address else { return .refused(errno: EAFNOSUPPORT) }
        return state.withLock { state in
            guard let source = state.sources[machine] else { return .machineOff }
            let number = state.nextNumber
            state.nextNumber += 1
            let packet = EchoPacket.request(identifier: identifier, number: number)
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_addr.s_addr = word.bigEndian
            state.probes[number] = .some(nil)
            let sent = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(source.descriptor, packet, packet.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard sent == packet.count else {
                let reason = errno
                state.probes[number] = nil
                return .refused(errno: reason)
            }
            return .sent(number)
        }
    }

    /// When the probe was answered; nil if it was not yet.
    func answered(_ number: UInt64) -> MonotonicTime? {
        state.withLock { $0.probes[number] ?? nil }
    }

    /// Forgets probes; late answers to them are dropped.
    func forget(_ numbers: some Sequence<UInt64>) {
        state.withLock { state in
            for number in numbers { state.probes[number] = nil }
        }
    }

    private func drain(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while true {
            let got = recv(descriptor, &buffer, buffer.count, 0)
            guard got > 0 else { return }
            guard let number = EchoPacket.answer(in: buffer[..<got], identifier: identifier) else { continue }
            let now = MonotonicTime.now
            state.withLock { state in
                if let pending = state.probes[number], pending == nil { state.probes[number] = .some(now) }
            }
        }
    }

    deinit {
        state.withLock { state in
            for source in state.sources.values { source.reader.cancel() }
        }
    }
}
