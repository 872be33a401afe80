import Basics
import Glibc
import LinuxProcess

/// Finds out whether a UDP port is free.
enum PortProbe {
    /// - Throws: `port-in-use` if another process has the port.
    static func check(_ port: UInt16) throws(CodedError) {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw CodedError("port-in-use", "cannot make a UDP socket: \(errorText(errno))") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            throw CodedError(
                "port-in-use",
                "UDP port \(port) cannot be used: \(errorText(errno)): stop the program that has it, or choose another with --listen-port"
            )
        }
    }
}
