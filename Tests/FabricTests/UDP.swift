import Basics
import Fabric
import Glibc
import MeshModel
import Testing

/// A UDP socket on a machine.
final class UDP {
    struct Datagram: Equatable {
        let text: String
        let sender: Endpoint
    }

    private let descriptor: Int32
    private let isIPv4: Bool

    /// - Parameter port: 0: any.
    init(on machine: FabricMachine, port: UInt16 = 0, ipv4: Bool = true) throws {
        isIPv4 = ipv4
        descriptor = try machine.running().namespaces.socket(
            domain: ipv4 ? AF_INET : AF_INET6, type: Int32(SOCK_DGRAM.rawValue), protocol: 0)
        let anywhere = Endpoint(address: ipv4 ? .v4(0) : .v6(0, 0), port: port)
        try #require(Self.withAddress(anywhere) { bind(descriptor, $0, $1) } == 0, "bind: \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// - Returns: 0 or an errno value.
    @discardableResult
    func send(_ text: String, to endpoint: Endpoint) -> Int32 {
        let bytes = Array(text.utf8)
        return Self.withAddress(endpoint) { sendto(descriptor, bytes, bytes.count, 0, $0, $1) } < 0 ? errno : 0
    }

    /// The next datagram, or nil if none comes in time.
    func receive(within milliseconds: Int = 2_000) -> Datagram? {
        var limit = timeval(tv_sec: milliseconds / 1_000, tv_usec: (milliseconds % 1_000) * 1_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var bytes = [UInt8](repeating: 0, count: 16_384)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let got = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &bytes, bytes.count, 0, $0, &length) }
        }
        guard got >= 0 else { return nil }
        let raw = withUnsafeBytes(of: &storage) { Array($0) }
        let address = IPAddress(bytes: isIPv4 ? Array(raw[4..<8]) : Array(raw[8..<24])) ?? .v4(0)
        return Datagram(
            text: String(decoding: bytes[..<got], as: UTF8.self),
            sender: Endpoint(address: address, port: UInt16(raw[2]) << 8 | UInt16(raw[3])))
    }

    private static func withAddress<Result>(_ endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result)
        -> Result
    {
        let isIPv4 = endpoint.address.isIPv4
        var bytes = [UInt8](repeating: 0, count: isIPv4 ? 16 : 28)
        bytes[0] = UInt8(isIPv4 ? AF_INET : AF_INET6)
        bytes[2] = UInt8(endpoint.port >> 8)
        bytes[3] = UInt8(endpoint.port & 0xff)
        bytes.replaceSubrange((isIPv4 ? 4 : 8)..<(isIPv4 ? 8 : 24), with: endpoint.address.bytes)
        return bytes.withUnsafeBytes {
            body($0.assumingMemoryBound(to: sockaddr.self).baseAddress.unsafelyUnwrapped, socklen_t($0.count))
        }
    }
}

/// Whether a datagram gets from one machine to the other, which sees it come from the first one's own address.
func reaches(_ from: FabricMachine, _ to: FabricMachine, ipv4: Bool = true, bytes: Int = 5, within milliseconds: Int = 2_000)
    throws -> Bool
{
    let receiver = try UDP(on: to, port: 7_000, ipv4: ipv4)
    let sender = try UDP(on: from, port: 7_001, ipv4: ipv4)
    let target = try #require(to.addresses.first { $0.isIPv4 == ipv4 })
    let text = String(repeating: "x", count: bytes)
    guard sender.send(text, to: Endpoint(address: target, port: 7_000)) == 0 else { return false }
    guard let got = receiver.receive(within: milliseconds) else { return false }
    return got.text == text && from.addresses.contains(got.sender.address)
}
