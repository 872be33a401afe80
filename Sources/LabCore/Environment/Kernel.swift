import Basics
import Glibc
import LinuxProcess

/// What the kernel and the user's rights must allow before a run can start.
public enum Kernel {
    /// The release, such as `6.1.0-18-amd64`.
    public static var release: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &names.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Checks what can be checked without private namespaces.
    ///
    /// - Throws: `environment.tun` if this user cannot open the TUN device that wireguard-go needs.
    public static func checkDevices() throws(CodedError) {
        let path = "/dev/net/tun"
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor < 0 else {
            close(descriptor)
            return
        }
        let reason = errno
        let advice =
            switch reason {
            case ENOENT: "create it with \"mkdir -p /dev/net && mknod /dev/net/tun c 10 200\" and make it readable and writable"
            case EACCES, EPERM:
                "run as root, or make it readable and writable for this user (\"chmod 666 \(path)\", as distributions have it)"
            case ENODEV, ENXIO: "the kernel lacks TUN: load it with \"modprobe tun\""
            default: "see that the TUN device works"
            }
        throw CodedError("environment.tun", "cannot open \(path): \(errorText(reason)): \(advice)")
    }
}
