import ControlProtocol
import MeshModel

extension Registration {
    /// This machine's IPv6 mesh address and the range that those of the others come from; nil in a mesh without, or if the two do not fit.
    var ipv6: (address: IPAddress, mesh: IPPrefix)? {
        guard let meshAddress6, let meshPrefix6, !meshAddress6.isIPv4, meshPrefix6.contains(meshAddress6) else { return nil }
        return (meshAddress6, meshPrefix6)
    }

    /// Addresses in these ranges belong to the mesh, not to the underlay.
    var meshRanges: [IPPrefix] { [meshPrefix] + (meshPrefix6.map { [$0] } ?? []) }

    /// This machine's mesh addresses, one or two, each with the range that those of the others come from.
    var meshAddresses: [IPAddress: IPPrefix] {
        var all = [meshAddress: meshPrefix]
        if let ipv6 { all[ipv6.address] = ipv6.mesh }
        return all
    }
}
