import AgentLogic
import Basics
import Dispatch
import Glibc
import LinuxProcess
import MeshModel
import Synchronization
import Timing

/// A UDP socket on one of this machine's mesh addresses: answers the probes of others, and carries this machine's own.
///
/// It needs no capability, and may be opened before the address is there or while it is away (IP_FREEBIND, ip(7)). Nothing leaves it by
/// way of a gateway (SO_DONTROUTE, socket(7)): what is no longer a peer's address must not cross the underlay in the clear.
final class ProbeSocket: Sendable {
    let address: IPAddress
    private let descriptor: Int32
    /// Dispatch sources may be used from any thread; the type only does not say so.
    private nonisolated(unsafe) let reader: any DispatchSourceRead

    /// The most datagrams that are read in one go.
    private static let batch = 256
    /// Probes that are answered a second, and at once.
    private static let budget = RateBudget(perSecond: 1_000, burst: 500)

    /// - Parameters:
    ///   - mesh: what comes from elsewhere is passed over.
    ///   - port: of both sides.
    ///   - onAnswer: called for each answer to a probe, with its source; on a queue of the socket's.
    /// - Throws: `probe-socket`.
    init(
        _ address: IPAddress, mesh: IPPrefix, port: UInt16 = ProbePacket.port,
        onAnswer: @escaping @Sendable (ProbePacket, IPAddress) -> Void
    ) throws(CodedError) {
        self.address = address
        let descriptor = try Self.open(address, port: port)
        self.descriptor = descriptor
        reader = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "warren.probe.\(address)"))
        let budget = Mutex(Self.budget)
        reader.setEventHandler {
            for _ in 0..<Self.batch {
                guard let (bytes, source) = Self.receive(descriptor) else { return }
                guard let packet = ProbePacket(bytes: bytes), let from = InternetAddress.read(source), mesh.contains(from.address)
                else { continue }
                switch packet.kind {
                case .answer: onAnswer(packet, from.address)
                case .question:
                    guard budget.withLock({ $0.take(now: .now) }), let answer = ProbePacket(.answer, nonce: packet.nonce) else {
                        continue
                    }
                    // An answer that cannot be sent is as good as lost, and is asked for again.
                    _ = Self.send(answer.bytes, to: from.address, port: from.port, descriptor)
                }
            }
        }
        reader.setCancelHandler { Glibc.close(descriptor) }
        reader.resume()
    }

    deinit { reader.cancel() }

    /// Sends a probe; one that cannot be sent is as good as lost.
    func send(_ packet: ProbePacket, to address: IPAddress, port: UInt16 = ProbePacket.port) {
        _ = Self.send(packet.bytes, to: address, port: port, descriptor)
    }

    private static func open(_ address: IPAddress, port: UInt16) throws(CodedError) -> Int32 {
        func failure(_ what: String) -> CodedError {
            CodedError("probe-socket", "cannot \(what) UDP port \(port) of \(address): \(errorText(errno))")
        }
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else { throw failure("make a socket for") }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // IP_FREEBIND holds for IPv6 sockets as well.
        guard setsockopt(descriptor, Int32(IPPROTO_IP), IP_FREEBIND, &yes, size) == 0,
            setsockopt(descriptor, SOL_SOCKET, SO_DONTROUTE, &yes, size) == 0,
            address.isIPv4 || setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) == 0,
            InternetAddress.with(address, port, { bind(descriptor, $0, $1) }) == 0
        else {
            let error = failure("use")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func receive(_ descriptor: Int32) -> (bytes: [UInt8], source: sockaddr_storage)? {
        var source = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // One byte more than a probe has: a longer datagram must not look like one.
        var bytes = [UInt8](repeating: 0, count: ProbePacket.length + 1)
        let count = withUnsafeMutablePointer(to: &source) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &bytes, bytes.count, 0, $0, &length)
            }
        }
        // An error that an earlier datagram met (ICMP) is reported here once; the next read gives the next datagram.
        if count < 0, errno != EAGAIN, errno != EBADF { return ([], source) }
        return count < 0 ? nil : (Array(bytes.prefix(count)), source)
    }

    private static func send(_ bytes: [UInt8], to address: IPAddress, port: UInt16, _ descriptor: Int32) -> Bool {
        InternetAddress.with(address, port) { sendto(descriptor, bytes, bytes.count, 0, $0, $1) } == bytes.count
    }
}

/// Addresses and ports as the socket calls have them.
enum InternetAddress {
    /// Calls the body with the address.
    static func with<Result>(_ address: IPAddress, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result)
        -> Result
    {
        switch address {
        case .v4(let word):
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = port.bigEndian
            target.sin_addr.s_addr = word.bigEndian
            return call(&target, body)
        case .v6:
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            target.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &target.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return call(&target, body)
        }
    }

    private static func call<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }

    /// Nil for another family.
    static func read(_ storage: sockaddr_storage) -> (address: IPAddress, port: UInt16)? {
        withUnsafeBytes(of: storage) { raw in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = raw.loadUnaligned(as: sockaddr_in.self)
                return (.v4(UInt32(bigEndian: address.sin_addr.s_addr)), UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                var address = raw.loadUnaligned(as: sockaddr_in6.self)
                let bytes = withUnsafeBytes(of: &address.sin6_addr) { Array($0) }
                return IPAddress(bytes: bytes).map { ($0, UInt16(bigEndian: address.sin6_port)) }
            default: return nil
            }
        }
    }
}
