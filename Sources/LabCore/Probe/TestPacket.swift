import Basics
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import NetworkModel

/// One packet of a kind, to see whether it is stopped.
enum TestPacket {
    /// Sends a datagram, or begins a connection.
    ///
    /// - Returns: whether the machine's kernel let it go.
    static func send(_ traffic: Traffic, to address: IPAddress, from namespaces: MachineNamespaces) throws(CodedError) -> Bool {
        let type =
            (traffic.transport == .udp ? Int32(SOCK_DGRAM.rawValue) : Int32(SOCK_STREAM.rawValue)) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = try namespaces.socket(domain: address.isIPv4 ? AF_INET : AF_INET6, type: type, protocol: 0)
        defer { close(descriptor) }
        let port = UInt16(traffic.port ?? 9).bigEndian
        let connected: Int32
        switch address {
        case .v4(let word):
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = port
            target.sin_addr.s_addr = word.bigEndian
            connected = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6:
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            target.sin6_port = port
            withUnsafeMutableBytes(of: &target.sin6_addr) { $0.copyBytes(from: address.bytes) }
            connected = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        guard traffic.transport == .udp else { return connected == 0 || errno == EINPROGRESS }
        return connected == 0 && Glibc.send(descriptor, EchoPacket.plainMark, EchoPacket.plainMark.count, 0) > 0
    }
}
