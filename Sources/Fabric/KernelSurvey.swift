import Basics
import CLinux
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import Netlink

/// Finds out what the kernel and this user can do, by doing it in a scratch machine that is gone afterwards.
public struct KernelSurvey {
    let scratch: MachineNamespaces
    private let routes: RouteSocket
    let folder: String

    /// To be called inside private namespaces; see `Isolation`.
    ///
    /// - Parameter folder: for nameless files; in a file system in memory.
    /// - Throws: `machine.boot`, `machine.socket`, `netlink.open`.
    public init(folder: String = "/run") throws(CodedError) {
        self.folder = folder
        scratch = try MachineNamespaces.start(hostname: "scratch", mounts: [.proc])
        routes = try RouteSocket(
            adopting: try scratch.socket(
                domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: RouteSocket.protocolNumber))
    }

    /// Tries everything. Takes well under a second.
    public func look(isolation: isolated (any Actor)? = #isolation) async -> [KernelFeature] {
        var features = [
            KernelFeature(
                "namespaces", .needed, "machines and the lab itself", problem: nil,
                tried: "made network, mount, PID, UTS and IPC namespaces", remedy: "")
        ]
        features += links() + disks() + devices()
        features += await packetFilter()
        features += programs()
        scratch.initProcess.signal(SIGKILL)
        _ = await scratch.initProcess.wait(within: .seconds(5))
        return features
    }

    /// What went wrong, or nil.
    private func problem(_ body: () throws(CodedError) -> Void) -> String? {
        do throws(CodedError) { try body() } catch { return "\(error)" }
        return nil
    }

    private func problem(_ error: Int32) -> String? { error == 0 ? nil : errorText(error) }

    private func batch(_ fill: (inout NetlinkBatch) -> Void) -> String? {
        problem { () throws(CodedError) in
            var batch = NetlinkBatch()
            fill(&batch)
            try routes.perform(batch)
        }
    }

    private func links() -> [KernelFeature] {
        let loopback = InterfaceAddress(address: .v6(0xfd00 << 48, 1), prefixLength: 64, interface: 1)
        let discipline = { (kind: String) in routes.knowsQueueingDiscipline(kind) ? nil : "the kernel does not know it" }
        return [
            KernelFeature(
                "bridge", .needed, "switches", problem: batch { $0.addBridge(100, name: "probe0", mtu: 1_500) },
                tried: "made a bridge",
                remedy: "modprobe bridge"),
            KernelFeature(
                "veth", .needed, "cables",
                problem: batch { $0.addVeth(near: VethEnd(name: "probe1"), 101, far: VethEnd(name: "probe2"), 102, mtu: 1_500) },
                tried: "made a cable", remedy: "modprobe veth"),
            KernelFeature(
                "ipv6", .optional, "topologies with IPv6",
                problem: batch {
                    $0.setLink(1, up: true)
                    $0.addAddress(loopback)
                }, tried: "gave an interface an IPv6 address",
                remedy: "boot without ipv6.disable=1; sysctl -w net.ipv6.conf.all.disable_ipv6=0"),
            KernelFeature(
                "tbf", .optional, "rate limits", problem: discipline("tbf"), tried: "asked for the queueing discipline",
                remedy: "modprobe sch_tbf"),
            KernelFeature(
                "netem", .optional, "delay, jitter and reordering in the kernel; without it the lab's relay does them",
                problem: discipline("netem"), tried: "asked for the queueing discipline",
                remedy: "modprobe sch_netem (the standard kernel, Debian package linux-image-amd64, has it)"),
            KernelFeature(
                "wireguard", .optional, "the kernel's own WireGuard; without it wireguard-go does its work",
                problem: batch { $0.addLink(named: "probe3", kind: "wireguard") }, tried: "made an interface",
                remedy: "modprobe wireguard (the standard kernel, Debian package linux-image-amd64, has it)"),
            KernelFeature(
                "af-packet", .optional, "capture, and the relay",
                problem: problem { () throws(CodedError) in
                    // ETH_P_ALL in network order.
                    close(try scratch.socket(domain: AF_PACKET, type: Int32(SOCK_RAW.rawValue), protocol: 0x0300))
                }, tried: "opened a packet socket", remedy: "modprobe af_packet"),
        ]
    }

    private func disks() -> [KernelFeature] {
        [
            KernelFeature(
                "mount-trees", .needed, "machines' disks",
                problem: problem { () throws(CodedError) in _ = try MountTree(folder) },
                tried: "took a mount by open_tree(2)", remedy: "use Linux 5.8 or newer"),
            KernelFeature(
                "user-namespaces", .optional, "running the lab without root", problem: problem(warren_try_user_namespace()),
                tried: "made a user namespace",
                remedy: "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"),
            KernelFeature(
                "cgroup", .optional, "limits for groups of processes", problem: controlGroupProblem(),
                tried: "made a control group beside this process",
                remedy: "run as root, or in a session that systemd delegates control groups to (systemd-run --user --scope)"),
        ]
    }

    private func devices() -> [KernelFeature] {
        [
            KernelFeature(
                "tun", .needed, "wireguard-go and other tunnels",
                problem: problem { () throws(CodedError) in
                    let device = try scratch.open("/dev/net/tun", flags: O_RDWR)
                    defer { close(device) }
                    let error = warren_make_tun(device, "probe4")
                    guard error == 0 else { throw CodedError("tun", errorText(error)) }
                }, tried: "made a TUN interface",
                remedy: "modprobe tun; chmod 666 /dev/net/tun; where there is no such file: mknod /dev/net/tun c 10 200"),
            KernelFeature(
                "kvm", .optional, "virtual machines that are not slow",
                problem: problem { () throws(CodedError) in
                    let device = open("/dev/kvm", O_RDWR | O_CLOEXEC)
                    guard device >= 0 else { throw CodedError("kvm", "/dev/kvm: \(errorText(errno))") }
                    defer { close(device) }
                    let error = warren_make_virtual_machine(device)
                    guard error == 0 else { throw CodedError("kvm", errorText(error)) }
                }, tried: "made a virtual machine",
                remedy: "switch virtualisation on in the firmware or the hypervisor, then modprobe kvm_intel or kvm_amd"),
        ]
    }

    private func programs() -> [KernelFeature] {
        [
            ("wireguard-go", KernelFeature.Use.needed, "the tunnels of Warren's agents", "wireguard-go"),
            ("ping", .optional, "scenarios that say so", "iputils-ping"),
        ].map { name, use, purpose, package in
            let path = findExecutable(name)
            return KernelFeature(
                name, use, purpose, problem: path == nil ? "it is not there" : nil, tried: "looked for the program",
                remedy: "apt-get install --no-install-recommends \(package)")
        }
    }
}
