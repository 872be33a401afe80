import Basics
import Glibc
import MeshModel
import Namespaces
import Testing
import Timing

/// One-way measurements: numbered UDP datagrams with the time of sending, between sockets of this one process and its one clock.
final class Probe {
    /// A datagram that came.
    struct Arrival {
        let number: Int
        /// Seconds on the way.
        let seconds: Double
        /// Seconds since the first was sent.
        let at: Double
        let isIntact: Bool
    }

    private let sender: Int32
    private let receiver: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Which measurement a datagram belongs to: one that comes late does not count in the next.
    private var round = Int64(0)
    private static nonisolated(unsafe) var nextPort = 20_000

    /// - Parameter hasChecksum: false: UDP without one, so that datagrams with flipped bits arrive. IPv4 only.
    init(_ net: TestNet, from: Int, to: Int, port: Int? = nil, isIPv4: Bool = true, hasChecksum: Bool = true) throws {
        let family = isIPv4 ? AF_INET : AF_INET6
        sender = try net.machines[from].socket(domain: family, type: Int32(SOCK_DGRAM.rawValue), protocol: 0)
        receiver = try net.machines[to].socket(domain: family, type: Int32(SOCK_DGRAM.rawValue), protocol: 0)
        Self.nextPort += 1
        let number = UInt16(port ?? Self.nextPort).bigEndian
        var (on, size) = (Int32(1), Int32(8 << 20))
        if !hasChecksum { setsockopt(sender, SOL_SOCKET, SO_NO_CHECK, &on, 4) }
        setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
        setsockopt(sender, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
        try #require(fcntl(receiver, F_SETFL, O_NONBLOCK) == 0)
        var status: Int32
        if isIPv4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = number
            status = Self.with(&address) { bind(receiver, $0, $1) }
            guard case .v4(let word) = TestNet.address(to) else { return }
            address.sin_addr.s_addr = word.bigEndian
            if status == 0 { status = Self.with(&address) { connect(sender, $0, $1) } }
        } else {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = number
            status = Self.with(&address) { bind(receiver, $0, $1) }
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: TestNet.address6(to).bytes) }
            if status == 0 { status = Self.with(&address) { connect(sender, $0, $1) } }
        }
        try #require(status == 0, "errno \(errno)")
    }

    deinit {
        close(sender)
        close(receiver)
    }

    private static func with<Address>(_ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }

    /// Sends until one arrives, so that both know each other's hardware address.
    func warmUp() throws {
        for _ in 0..<100 where !measure(1, quiet: 0.1).isEmpty { return }
        Issue.record("no datagram arrives")
    }

    /// Sends datagrams and takes what comes until nothing did for a while.
    ///
    /// - Parameters:
    ///   - spacing: seconds between them.
    ///   - quiet: seconds without an arrival after which no more is waited for.
    func measure(_ count: Int, spacing: Double = 0, size: Int = 100, quiet: Double = 0.25) -> [Arrival] {
        // Other processes of the host must not make datagrams late, or bunch them: root's tests go first while they measure.
        var (first, ordinary) = (sched_param(sched_priority: 1), sched_param(sched_priority: 0))
        let isFirst = sched_setscheduler(0, SCHED_FIFO, &first) == 0
        defer { if isFirst { sched_setscheduler(0, SCHED_OTHER, &ordinary) } }
        var arrivals: [Arrival] = []
        round += 1
        let start = MonotonicTime.now
        var last = start
        var sent = 0
        while sent < count || (MonotonicTime.now - last).inSeconds < quiet {
            let elapsed = (MonotonicTime.now - start).inSeconds
            if sent < count, elapsed >= Double(sent) * spacing {
                transmit(sent, size)
                sent += 1
                last = .now
            }
            let next = sent < count ? Double(sent) * spacing - (MonotonicTime.now - start).inSeconds : 0.01
            var poller = pollfd(fd: receiver, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, Int32(max(0, min(next, 0.01)) * 1e3)) > 0 else { continue }
            while let arrival = receive(size, start) {
                if let arrival { arrivals.append(arrival) }
                last = .now
            }
        }
        return arrivals
    }

    private func transmit(_ number: Int, _ size: Int) {
        var bytes = [UInt8](repeating: 0x55, count: size)
        withUnsafeBytes(of: (Int64(number), MonotonicTime.now.nanoseconds, round)) { bytes.replaceSubrange(0..<24, with: $0) }
        send(sender, bytes, size, 0)
    }

    /// Nil: nothing is there. An inner nil: something of an earlier measurement.
    private func receive(_ size: Int, _ start: MonotonicTime) -> Arrival?? {
        let got = recv(receiver, &buffer, buffer.count, 0)
        guard got > 0 else { return nil }
        let now = MonotonicTime.now
        func word(_ index: Int) -> Int64 { buffer.withUnsafeBytes { $0.load(fromByteOffset: index * 8, as: Int64.self) } }
        // In a corrupted datagram the round may be what was hit.
        guard word(2).magnitude >= round.magnitude else { return .some(nil) }
        let isIntact = got == size && buffer[24..<got].allSatisfy { $0 == 0x55 } && word(2) == round
        return Arrival(
            number: Int(truncatingIfNeeded: word(0)), seconds: Double(now.nanoseconds &- word(1)) / 1e9,
            at: (now - start).inSeconds, isIntact: isIntact)
    }
}

extension Probe {
    /// The median way in milliseconds of the first of five measurements whose median is in the range, else of the last: other processes
    /// of the host can make a packet late, but nothing makes all of them early, or late five times over.
    func median(in range: Range<Double>, count: Int = 50, spacing: Double = 0.002) -> Double {
        var median = Double.nan
        for _ in 0..<5 {
            let ways = milliseconds(measure(count, spacing: spacing))
            guard ways.allSatisfy({ $0 >= range.lowerBound }) else { return .nan }
            median = ways.count == count ? ways.median : .nan
            if range.contains(median) { break }
        }
        return median
    }
}

extension [Double] {
    var median: Double { quantile(0.5) }

    func quantile(_ share: Double) -> Double {
        let ordered = sorted()
        return ordered.isEmpty ? .nan : ordered[Swift.min(ordered.count - 1, Int(Double(ordered.count) * share))]
    }
}

/// Milliseconds on the way.
func milliseconds(_ arrivals: [Probe.Arrival]) -> [Double] { arrivals.map { $0.seconds * 1e3 } }
