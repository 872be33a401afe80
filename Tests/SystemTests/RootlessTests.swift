import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

/// The lab as an ordinary user. Needs root to become one, and to show that user a TUN device as distributions do.
@Suite(.serialized, .enabled(if: geteuid() == 0 && findExecutable("setpriv") != nil && findExecutable("unshare") != nil))
struct RootlessTests {
    /// Starts a shell script in a mount namespace of its own and there becomes user 65534, who may read this checkout or not.
    private func wrapper(_ preparation: String) -> [String] {
        let script =
            "set -e; mount --make-rprivate /; \(preparation); exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\""
        return [findExecutable("unshare") ?? "unshare", "-m", "sh", "-c", script, "sh"]
    }

    private let openDevice =
        "mount -t tmpfs tmpfs /mnt; mknod /mnt/tun c 10 200; chmod 666 /mnt/tun; mount --bind /mnt/tun /dev/net/tun"
    private let closedDevice =
        "mount -t tmpfs tmpfs /mnt; mknod /mnt/tun c 10 200; chmod 600 /mnt/tun; mount --bind /mnt/tun /dev/net/tun"

    /// A checkout below a folder that only root may enter cannot be used by anybody else.
    static var isReadableByOthers: Bool {
        var path = ""
        for part in LabProcess.programs.split(separator: "/") {
            path += "/\(part)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
        }
        return true
    }

    @Test(.timeLimit(.minutes(5)), .enabled(if: isReadableByOthers)) func failureScenarioHoldsWithoutRoot() async throws {
        let lab = try LabProcess(
            ["run", LabProcess.scenario("failure"), "--output", "{output}"], wrapper: wrapper(openDevice))
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().environment.rootless)
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: isReadableByOthers)) func aClosedDeviceIsExplained() async throws {
        let lab = try LabProcess(
            ["run", LabProcess.scenario("failure"), "--output", "{output}"], wrapper: wrapper(closedDevice))
        #expect(await lab.finish() == .exited(3))
        #expect(lab.terminal.contains("/dev/net/tun") && lab.terminal.contains("chmod 666"))
    }
}
