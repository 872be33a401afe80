import Basics
import Glibc
import LinuxProcess

extension UserspaceBackend {
    static let notInstalled = CodedError(
        "wireguard.not-installed", "wireguard-go is not installed: on Debian and Ubuntu, apt-get install wireguard-go")

    static let noPrivilege = CodedError(
        "wireguard.no-privilege",
        "this process may not configure networks (CAP_NET_ADMIN): run it as root, or in a user namespace of your own")

    /// Checks what wireguard-go needs of this host, so that what is missing is named before anything is started.
    ///
    /// - Throws: `wireguard.not-installed`, `wireguard.no-tun` or `wireguard.no-privilege`.
    public static func checkHost() throws(CodedError) {
        guard findExecutable("wireguard-go") != nil else { throw notInstalled }
        guard hasNetworkAdministration() else { throw noPrivilege }
        let descriptor = Glibc.open("/dev/net/tun", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno
            let advice =
                reason == EACCES || reason == EPERM
                ? "make it readable and writable for this user"
                : "load the kernel module (modprobe tun), or pass the device into the container"
            throw CodedError("wireguard.no-tun", "cannot open /dev/net/tun: \(errorText(reason)): \(advice)")
        }
        Glibc.close(descriptor)
    }

    /// Whether CAP_NET_ADMIN is effective: bit 12 of CapEff in /proc/self/status (proc(5), capabilities(7)).
    private static func hasNetworkAdministration() -> Bool {
        let descriptor = Glibc.open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return true }
        defer { Glibc.close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        let lines = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("CapEff:") }),
            let mask = UInt64(line.dropFirst(7).filter { !$0.isWhitespace }, radix: 16)
        else { return true }
        return mask & 1 << 12 != 0
    }
}
