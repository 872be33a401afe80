import Basics
import Dispatch
import Glibc
import LinuxProcess
import MeshModel
import Synchronization
import Timing

/// Sends ICMP echoes from machines, through sockets that were opened inside them: no process is started for a probe.
///
/// The same sockets see requests arrive, so that each direction can be looked at by itself, with one clock.
final class Prober: Sendable {
    /// A request that reached a machine.
    struct Arrival: Sendable, Hashable {
        let machine: String
        let time: MonotonicTime
        let isIntact: Bool
    }

    private struct Source: @unchecked Sendable {
        let descriptor: Int32
        /// Dispatch sources may be used from any thread; the type only does not say so.
        let reader: any DispatchSourceRead
    }

    private struct Probe {
        var answer: MonotonicTime?
        /// Nil: nobody wants to know of them.
        var arrivals: [Arrival]?
    }

    private struct Key: Hashable {
        let machine: String
        let isIPv4: Bool
    }

    private struct State {
        var sources: [Key: Source] = [:]
        var nextNumber: UInt64 = 1
        var probes: [UInt64: Probe] = [:]
    }

    /// The most arrivals that are kept of one probe.
    private static let arrivalLimit = 16

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "warren.lab.prober")
    let packet: EchoPacket

    /// - Parameter canary: what probes over the mesh carry.
    init(canary: String) {
        packet = EchoPacket(identifier: UInt16.random(in: 1 ... .max), canary: Array(canary.utf8))
    }

    /// Starts to use a machine's raw ICMP socket, and owns it from here on.
    func attach(_ machine: String, _ descriptor: Int32, isIPv4: Bool = true) throws(CodedError) {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            let reason = errno
            close(descriptor)
            throw CodedError("probe.socket", "cannot set up the probe socket of \(machine): \(errorText(reason))")
        }
        let reader = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        reader.setEventHandler { [weak self] in self?.drain(descriptor, machine, isIPv4) }
        reader.setCancelHandler { close(descriptor) }
        reader.resume()
        let source = Source(descriptor: descriptor, reader: reader)
        let old = state.withLock { state in
            let key = Key(machine: machine, isIPv4: isIPv4)
            defer { state.sources[key] = source }
            return state.sources[key]
        }
        old?.reader.cancel()
    }

    /// Closes a machine's sockets, which would otherwise keep its network namespace alive.
    func detach(_ machine: String) {
        let old = state.withLock { state in
            [true, false].compactMap { state.sources.removeValue(forKey: Key(machine: machine, isIPv4: $0)) }
        }
        for source in old { source.reader.cancel() }
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
    ///
    /// - Parameters:
    ///   - isPlain: meant to travel outside the mesh.
    ///   - isTraced: its arrivals are wanted, too.
    ///   - length: of the ICMP message in bytes.
    func send(
        from machine: String, to address: IPAddress, isPlain: Bool = false, isTraced: Bool = false,
        length: Int = EchoPacket.length
    ) -> Sending {
        state.withLock { state in
            guard let source = state.sources[Key(machine: machine, isIPv4: address.isIPv4)] else { return .machineOff }
            let number = state.nextNumber
            state.nextNumber += 1
            let bytes = packet.request(number: number, to: address, isPlain: isPlain, length: length)
            state.probes[number] = Probe(arrivals: isTraced ? [] : nil)
            let sent = Self.send(bytes, to: address, source.descriptor)
            guard sent == bytes.count else {
                let reason = errno
                state.probes[number] = nil
                return .refused(errno: reason)
            }
            return .sent(number)
        }
    }

    /// When the probe was answered; nil if it was not yet.
    func answered(_ number: UInt64) -> MonotonicTime? { state.withLock { $0.probes[number]?.answer } }

    /// Where and when a traced probe arrived, in order.
    func arrivals(_ number: UInt64) -> [Arrival] { state.withLock { $0.probes[number]?.arrivals ?? [] } }

    /// Forgets probes; late answers to them are dropped.
    func forget(_ numbers: some Sequence<UInt64>) {
        state.withLock { state in
            for number in numbers { state.probes[number] = nil }
        }
    }

    private static func send(_ bytes: [UInt8], to address: IPAddress, _ descriptor: Int32) -> Int {
        switch address {
        case .v4(let word):
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_addr.s_addr = word.bigEndian
            return withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6:
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &target.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }

    private func drain(_ descriptor: Int32, _ machine: String, _ isIPv4: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = recv(descriptor, &buffer, buffer.count, 0)
            guard got > 0 else { return }
            let now = MonotonicTime.now
            guard let echo = packet.read(buffer[..<got], isIPv4: isIPv4) else { continue }
            state.withLock { state in
                guard var probe = state.probes[echo.number] else { return }
                if echo.isReply, echo.isIntact {
                    if probe.answer == nil { probe.answer = now }
                } else if !echo.isReply, let count = probe.arrivals?.count, count < Self.arrivalLimit {
                    probe.arrivals?.append(Arrival(machine: machine, time: now, isIntact: echo.isIntact))
                }
                state.probes[echo.number] = probe
            }
        }
    }

    deinit {
        state.withLock { state in
            for source in state.sources.values { source.reader.cancel() }
        }
    }
}
