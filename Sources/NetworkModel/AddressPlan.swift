import MeshModel

/// Which addresses the underlay's machines and routers have: IPv4 from 198.18.0.0/15, set aside for testing networks (RFC 2544,
/// appendix C.2.2), IPv6 from the unique local prefix fd00:7761:7272::/48 (RFC 4193). A host has the same number in both.
///
/// In each segment the lower half is for machines' first addresses and the upper half for those that they roam to; routers have the
/// backbone's last ones and their own segment's first.
public struct AddressPlan: Sendable, Hashable {
    /// A part of the network in which machines reach each other without a router.
    public enum Segment: Sendable, Hashable {
        case backbone
        /// The site at that place of `Topology.sites`, from 0.
        case site(Int)
    }

    /// The most sites there can be.
    public static let mostSites = 16

    public let families: Topology.Families

    public init(families: Topology.Families) { self.families = families }

    /// How many machines a segment has addresses for: 32,000 or 2,000.
    public static func capacity(of segment: Segment) -> Int { segment == .backbone ? 32_000 : 2_000 }

    /// The segment's ranges, one for each family.
    public func prefixes(of segment: Segment) -> [IPPrefix] {
        addresses(segment, 0).compactMap { IPPrefix($0, length: Self.prefixLength($0, segment)) }
    }

    /// The length of the prefix that belongs to an address of the segment: 16, 20 or 64.
    public static func prefixLength(_ address: IPAddress, _ segment: Segment) -> Int {
        address.isIPv4 ? (segment == .backbone ? 16 : 20) : 64
    }

    /// A machine's addresses, one for each family.
    ///
    /// - Parameter position: in the backbone the machine's number in the run, in a site its place there; from 0, below the capacity.
    public func machine(_ position: Int, in segment: Segment) -> [IPAddress] {
        // A site's first address is its router's.
        addresses(segment, segment == .backbone ? 1 + position : 2 + position)
    }

    /// The n-th address, from 0, that somebody of the segment roams to. After the last, the first comes again.
    public func roaming(_ count: Int, in segment: Segment) -> [IPAddress] {
        let upperHalf = segment == .backbone ? 1 << 15 : 1 << 11
        return addresses(segment, upperHalf + count % Self.capacity(of: segment))
    }

    /// What the router of a site has in its own segment.
    public func routerInside(site: Int) -> [IPAddress] { addresses(.site(site), 1) }

    /// What the router of a site has in the backbone.
    public func routerOutside(site: Int) -> [IPAddress] { addresses(.backbone, (1 << 16) - 2 - site) }

    /// The addresses of the segment's host of that number.
    private func addresses(_ segment: Segment, _ number: Int) -> [IPAddress] {
        var base: UInt32 = 198 << 24 | 18 << 16
        var subnet: UInt64 = 0
        if case .site(let site) = segment {
            base = 198 << 24 | 19 << 16 | UInt32(site) << 12
            subnet = UInt64(site) + 1
        }
        let four = IPAddress.v4(base + UInt32(number))
        let six = IPAddress.v6(0xfd00_7761_7272_0000 | subnet, UInt64(number))
        switch families {
        case .ipv4: return [four]
        case .ipv6: return [six]
        case .both: return [four, six]
        }
    }
}

extension Topology {
    /// Where an attachment's `place` leads: to a segment, and there to one of its switches (nil: the backbone's or site's own).
    public struct Place: Sendable, Hashable {
        public let segment: AddressPlan.Segment
        /// Place in `Topology.switches`, from 0.
        public let furtherSwitch: Int?

        public init(segment: AddressPlan.Segment, furtherSwitch: Int? = nil) {
            self.segment = segment
            self.furtherSwitch = furtherSwitch
        }

        /// The backbone's own switch.
        public static let backbone = Place(segment: .backbone, furtherSwitch: nil)
    }

    /// The place of that name; nil if there is none.
    public func place(named name: String) -> Place? {
        if name == Self.backbone { return .backbone }
        if let index = switches.firstIndex(where: { $0.name == name }) { return Place(segment: .backbone, furtherSwitch: index) }
        return sites.firstIndex { $0.name == name }.map { Place(segment: .site($0), furtherSwitch: nil) }
    }
}
