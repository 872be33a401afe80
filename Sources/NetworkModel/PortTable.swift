import Basics
import MeshModel

/// Where the machines' cables end now: what a plan of faults has to know of the fabric.
public struct PortTable: Sendable, Hashable {
    /// One cable into the fabric.
    public struct Port: Sendable, Hashable {
        /// The machine's name, or one that the lab gives to the cable of a router or switch.
        public var owner: String
        /// The interface in the fabric, 1 to 13 bytes: with a letter before and after it, it must still be an interface's name.
        public var port: String
        /// The bridge of which it is a port. Frames between ports of one bridge are told apart by ports, all others by addresses.
        public var place: String
        /// On the underlay.
        public var addresses: [IPAddress]
        /// The addresses that stand for it outside its place, if it is behind a router that translates; else empty.
        public var externalAddresses: [IPAddress]
        /// The interface at the other end of the cable.
        public var inside: String
        /// False for the cable of a router or switch: faults on "all machines" do not mean it.
        public var isMachine: Bool
        /// Whether the cable exists now. Filters are made for machines that are off, too; queues and relays are not.
        public var isOn: Bool

        public init(
            owner: String, port: String, place: String, addresses: [IPAddress], externalAddresses: [IPAddress] = [],
            inside: String = "eth0", isMachine: Bool = true, isOn: Bool = true
        ) {
            self.owner = owner
            self.port = port
            self.place = place
            self.addresses = addresses
            self.externalAddresses = externalAddresses
            self.inside = inside
            self.isMachine = isMachine
            self.isOn = isOn
        }

        /// Whether others than its neighbours cannot tell it from its neighbours.
        public var isHidden: Bool { !externalAddresses.isEmpty }
        /// The end of the relay's cable at which the relay sits.
        public var relayInside: String { "r\(port)a" }
        /// The end of the relay's cable that stands in the bridge in the port's place.
        public var relayOutside: String { "r\(port)b" }
    }

    /// By owner.
    public private(set) var ports: [String: Port] = [:]

    public init(_ ports: [Port] = []) { for port in ports { self.ports[port.owner] = port } }

    public subscript(owner: String) -> Port? {
        get { ports[owner] }
        set { ports[owner] = newValue }
    }

    /// The machines, without cables of routers and switches.
    public var machines: Set<String> { Set(ports.values.lazy.filter(\.isMachine).map(\.owner)) }

    /// - Throws: `fault.unknown-machine`.
    func port(_ owner: String) throws(CodedError) -> Port {
        guard let port = ports[owner] else {
            throw CodedError("fault.unknown-machine", "a fault names \(owner), which has no port in the lab's network")
        }
        return port
    }

    /// - Throws: `fault.port` for a name that leaves no room for the relay's, or that would have to be quoted.
    func validate() throws(CodedError) {
        var seen: Set<String> = []
        for port in ports.values {
            let isPlain = port.port.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95 || $0 == 46
            }
            guard (1...13).contains(port.port.utf8.count), isPlain else {
                throw CodedError(
                    "fault.port",
                    "port \(port.port) of \(port.owner): a name has 1 to 13 bytes out of a-z, A-Z, 0-9, '-', '_', '.'")
            }
            guard seen.insert(port.port).inserted else { throw CodedError("fault.port", "two cables end at port \(port.port)") }
        }
    }
}
