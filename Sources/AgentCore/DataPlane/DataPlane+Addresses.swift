import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Netlink
import Observability

extension DataPlane {
    /// Whether this machine can use IPv6 in the mesh.
    struct IPv6State {
        /// Whether the interface has its IPv6 mesh address.
        var isThere = false
        /// Whether that is another answer than at the last look.
        var hasJustChanged = false
        /// Why not, if it was said.
        var complaint: String?
    }

    /// The mesh addresses, and no other one of the mesh.
    ///
    /// - Parameter all: the addresses of all interfaces.
    func setAddresses(
        _ registration: Registration, among all: [InterfaceAddress], on index: Int32
    ) throws(CodedError) {
        let present = all.filter { $0.interface == index }
        var addresses: Set<IPAddress> = [registration.meshAddress]
        try setAddress(registration.meshAddress, mesh: registration.meshPrefix, among: present, on: index)
        let wasThere = ipv6.isThere
        ipv6.isThere = false
        if let six = registration.ipv6 {
            let complaint = setIPv6Address(six.address, mesh: six.mesh, among: present, on: index)
            noteIPv6(complaint)
            if complaint == nil { addresses.insert(six.address) }
            ipv6.isThere = complaint == nil
        }
        ipv6.hasJustChanged = ipv6.isThere != wasThere
        settled.addresses = addresses
    }

    /// Everything else goes on without IPv6.
    ///
    /// - Returns: why the address cannot be had; nil if it is there.
    private func setIPv6Address(
        _ address: IPAddress, mesh: IPPrefix, among present: [InterfaceAddress], on index: Int32
    ) -> String? {
        // Missing without IPv6 in the kernel, 1 where it is switched off (ip-sysctl, disable_ipv6).
        let switchFile = "/proc/sys/net/ipv6/conf/\(settings.interface)/disable_ipv6"
        guard let value = FileManager.default.contents(atPath: switchFile) else { return "the kernel has no IPv6" }
        guard value.first != UInt8(ascii: "1") else { return "IPv6 is switched off (\(switchFile))" }
        do throws(CodedError) {
            try setAddress(address, mesh: mesh, among: present, on: index)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func noteIPv6(_ complaint: String?) {
        guard complaint != ipv6.complaint else { return }
        defer { ipv6.complaint = complaint }
        guard let complaint else {
            logger.event("ipv6-available", "IPv6 can be used in the mesh", ["interface": "\(settings.interface)"])
            return
        }
        logger.event(
            "ipv6-unavailable", "the mesh is used with IPv4 only: \(complaint)", ["interface": "\(settings.interface)"],
            level: .warning)
    }

    private func setAddress(
        _ address: IPAddress, mesh: IPPrefix, among present: [InterfaceAddress], on index: Int32
    ) throws(CodedError) {
        let wanted = InterfaceAddress(address: address, prefixLength: address.bitWidth, interface: index)
        if !present.contains(wanted) {
            try routes.addAddress(wanted)
            if settled.addresses.contains(address) {
                logger.event(
                    "drift-repaired", "the interface had lost its mesh address",
                    ["interface": "\(settings.interface)", "address": "\(address)"], level: .warning)
            }
        }
        for other in present where other != wanted && mesh.contains(other.address) { try routes.removeAddress(other) }
    }
}
