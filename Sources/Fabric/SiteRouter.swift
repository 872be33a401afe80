import Basics
import Glibc
import MeshModel
import Namespaces
import Netlink
import NetworkModel

/// The router between a site and the backbone: a machine with two network cards that only forwards.
///
/// IPv4 is translated if the site has a NAT plan. IPv6 never is: behind such a gateway it is routed, with a filter that lets answers in
/// and nothing else.
public final class SiteRouter {
    static let outside = "wan"
    static let inside = "lan"
    static let outsideIndex: Int32 = 64
    static let insideIndex: Int32 = 65

    /// The site's name.
    public let site: String
    /// The site's place in the topology, from 0.
    public let index: Int
    /// What it does to addresses now.
    public internal(set) var nat: NATPlan?
    /// Its addresses in the backbone, one for each family.
    public let addresses: [IPAddress]
    public let namespaces: MachineNamespaces
    /// Acts inside the router's network namespace.
    public let routes: RouteSocket
    let tracked: ConntrackSocket
    let sitePrefixes: [IPPrefix]

    init(index: Int, plan: SitePlan, addresses: [IPAddress], prefixes: [IPPrefix], made: MachineFactory.Made) throws(CodedError) {
        site = plan.name
        self.index = index
        nat = plan.nat
        self.addresses = addresses
        sitePrefixes = prefixes
        namespaces = made.namespaces
        routes = try RouteSocket(adopting: made.routeSocket)
        tracked = try ConntrackSocket(
            adopting: try made.namespaces.socket(
                domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: ConntrackSocket.protocolNumber))
    }

    /// The interfaces of the fabric's namespace that the router's cables end in: in the backbone's switch, in the site's.
    public var portNames: (backbone: String, site: String) { Self.portNames(index) }

    public static func portNames(_ index: Int) -> (backbone: String, site: String) { ("r\(index + 1)", "s\(index + 1)") }
}

/// What a gateway has in mind for an address and port of its site.
public struct NATMapping: Sendable, Hashable {
    /// IP protocol number: 6 TCP, 17 UDP.
    public let transport: UInt8
    public let inside: Endpoint
    /// What the outside sees instead.
    public let outside: Endpoint
    /// With whom the packets are exchanged.
    public let remote: Endpoint
    /// Seconds of silence until it is forgotten.
    public let remaining: Int
}
