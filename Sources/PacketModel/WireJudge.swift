import Basics
import MeshModel

/// A link whose frames are judged: the network's side of a cable.
public struct CapturedLink: Sendable, Hashable {
    /// The interface's name.
    public var name: String
    /// Whose cable it is; nil for one between switches or to a router, on which packets may pass on their way.
    public var machine: String?

    public init(name: String, machine: String?) {
        self.name = name
        self.machine = machine
    }
}

/// Where and when a frame was seen.
public struct WireFrame: Sendable, Hashable {
    /// As `WireJudge.add(_:)` numbered it.
    public var link: Int
    /// Entering: from the machine into the network.
    public var direction: Pcapng.Direction
    /// Nanoseconds since 1970.
    public var time: Int64
    /// Bytes on the wire; more than were captured if the frame was cut.
    public var length: Int
    /// The frame's number for who looks for it, such as that in the capture file, from 1.
    public var number: UInt64

    public init(link: Int, direction: Pcapng.Direction, time: Int64, length: Int, number: UInt64) {
        self.link = link
        self.direction = direction
        self.time = time
        self.length = length
        self.number = number
    }
}

/// Judges what is on the wire, frame by frame: is anything there in the clear, is anything there that should not be, and do packets go
/// from one machine to the other and nowhere else. Takes any bytes; memory is bounded.
public struct WireJudge: Sendable {
    /// What to hold the frames against.
    public struct Settings: Sendable {
        /// What every canary begins with, 8 bytes at least.
        public var canaryPrefix: String
        /// The mesh's address ranges: a header outside of a tunnel that names an address of theirs is in the clear.
        public var meshPrefixes: [IPPrefix] = []
        /// Addresses that are looked for as text.
        public var meshAddresses: [IPAddress] = []
        /// Other texts that must not be seen, 8 bytes at least.
        public var names: [String] = []
        /// What may appear.
        public var expected: [ExpectedTraffic]
        /// Who has which underlay address.
        public var machines: [IPAddress: String] = [:]
        /// The network itself flips bits: what leaves it is not held against the expected kinds, and its addresses are not believed.
        public var networkCorrupts = false

        public init(canaryPrefix: String, expected: [ExpectedTraffic]) {
            self.canaryPrefix = canaryPrefix
            self.expected = expected
        }
    }

    /// What there is to say of one frame.
    public struct Note: Sendable, Hashable {
        /// A WireGuard data packet, whose bytes past the header say nothing to anybody.
        public var isWireGuardData = false
        /// What is wrong with the frame, for a person.
        public var finding: String?
    }

    let settings: Settings
    var search: ClearTextSearch
    var seams = SeamSearch()
    var links: [CapturedLink] = []
    /// For each link the number of its machine.
    var linkMachines: [Int?] = []
    var machineNames: [String] = []
    private var machineNumbers: [String: Int] = [:]
    private var addressees: [IPAddress: Int] = [:]
    /// Whether the first fragment of a packet was expected; the others have no ports.
    private var fragments = RecentTable<FlowTable.Key, [UInt32: Bool]>(capacity: 4_096)
    var log = FindingLog()
    var flows = FlowTable()
    var path = DirectPath()
    var total = Amount()
    /// Frames of which not all bytes were captured.
    var cut: UInt64 = 0

    /// - Throws: `capture.search` if something cannot be looked for.
    public init(_ settings: Settings) throws(CodedError) {
        self.settings = settings
        search = try ClearTextSearch(
            canaryPrefix: settings.canaryPrefix, meshAddresses: settings.meshAddresses, names: settings.names)
        for (address, machine) in settings.machines { learn(address, of: machine) }
    }

    /// Adds a link and returns its number, from 0.
    public mutating func add(_ link: CapturedLink) -> Int {
        links.append(link)
        linkMachines.append(link.machine.map { number(of: $0) })
        return links.count - 1
    }

    /// Changes what is known of a link; a number that was not given out changes nothing.
    public mutating func update(_ link: Int, to value: CapturedLink) {
        guard links.indices.contains(link) else { return }
        links[link] = value
        linkMachines[link] = value.machine.map { number(of: $0) }
    }

    /// A machine has that underlay address from now on.
    public mutating func learn(_ address: IPAddress, of machine: String) {
        addressees[address] = number(of: machine)
    }

    /// Looks for the text of one more mesh address from now on.
    ///
    /// - Throws: `capture.search` if there are too many.
    public mutating func add(meshAddress: IPAddress) throws(CodedError) {
        try search.add(meshAddress: meshAddress)
    }

    private mutating func number(of machine: String) -> Int {
        if let number = machineNumbers[machine] { return number }
        machineNumbers[machine] = machineNames.count
        machineNames.append(machine)
        return machineNames.count - 1
    }

    /// Takes one frame into account. A link number that was not given out counts as no machine's.
    ///
    /// - Parameter bytes: the frame from its Ethernet header on, as far as it was captured.
    @discardableResult
    public mutating func judge(_ frame: WireFrame, _ bytes: UnsafeRawBufferPointer) -> Note {
        total.add(max(0, frame.length))
        if bytes.count < frame.length { cut += 1 }
        let sighting = sighting(frame)
        var note = Note()
        let hits = search.hits(in: bytes)
        for hit in hits { log.clearText(hit, sighting, &note) }
        guard let packet = Dissection(bytes) else {
            log.unexpected("frame without a header", sighting, &note)
            return note
        }
        let message = packet.wireGuard(bytes)
        note.isWireGuardData = message?.kind == .data
        if let seam = seams.seam(link: frame.link << 1 | (frame.direction == .entering ? 1 : 0), packet, bytes) {
            lookForText(seam, sighting, &note)
        }
        lookAtAddresses(packet, sighting, &note)
        let isBelieved = frame.direction == .entering || !settings.networkCorrupts
        if !isExpected(packet, message), isBelieved { log.unexpected(packet.label, sighting, &note) }
        flows.count(packet, message, link: frame.link, direction: frame.direction, length: max(0, frame.length))
        follow(packet, message, frame, sighting, &note)
        return note
    }

    /// What stands in both pieces alone was found in them already.
    private mutating func lookForText(
        _ seam: SeamSearch.Seam, _ sighting: Sighting, _ note: inout Note
    ) {
        let hits = search.hits(in: seam.bytes)
        for hit in hits where hit.offset < seam.place && hit.offset + hit.text.utf8.count > seam.place {
            log.clearText(hit, sighting, &note)
        }
    }

    private mutating func lookAtAddresses(_ packet: Dissection, _ sighting: Sighting, _ note: inout Note) {
        func isMesh(_ address: IPAddress) -> Bool { settings.meshPrefixes.contains { $0.contains(address) } }
        var named = packet.quoted
        if let ip = packet.ip { named += [ip.source, ip.destination] }
        if let arp = packet.arp { named += [arp.sender, arp.target] }
        if let address = named.first(where: isMesh) { log.header(address, packet.label, sighting, &note) }
    }

    private mutating func isExpected(_ packet: Dissection, _ message: WireGuardMessage?) -> Bool {
        let allowed = settings.expected.contains { $0.allows(packet, message) }
        guard let fragment = packet.ip?.fragment, var key = FlowTable.Key(packet) else { return allowed && !packet.isMalformed }
        (key.sourcePort, key.destinationPort) = (0, 0)
        guard fragment.isFirst else { return allowed || fragments[key]?[fragment.identification] == true }
        var known = fragments[key] ?? [:]
        // Numbers come round again; of those that are under way there are few.
        if known.count >= 64 { known = [:] }
        known[fragment.identification] = allowed
        fragments[key] = known
        return allowed
    }

    private mutating func follow(
        _ packet: Dissection, _ message: WireGuardMessage?, _ frame: WireFrame, _ sighting: Sighting, _ note: inout Note
    ) {
        guard linkMachines.indices.contains(frame.link), let machine = linkMachines[frame.link] else { return }
        if frame.direction == .entering { path.learn(packet.source, of: machine) }
        guard let message, message.kind == .data else { return }
        let news: DirectPath.News
        switch frame.direction {
        case .entering: news = path.entered(message.identity, from: machine)
        case .leaving:
            news = path.left(
                message.identity, at: machine, destination: packet.destination,
                addressee: settings.networkCorrupts ? nil : packet.ip.flatMap { addressees[$0.destination] })
        }
        switch news {
        case .none: break
        case .detour(let from, let via):
            log.detour("a packet of \(machineNames[from]) came by way of \(machineNames[via])", sighting, &note)
        case .twoReceivers(let from, let first, let second):
            log.detour(
                "a packet of \(machineNames[from]) went to \(machineNames[first]) and to \(machineNames[second])", sighting, &note
            )
        }
    }

    private func sighting(_ frame: WireFrame) -> Sighting {
        let link = links.indices.contains(frame.link) ? links[frame.link] : CapturedLink(name: "?", machine: nil)
        return Sighting(
            what: "", link: link.name, machine: link.machine, direction: frame.direction, time: frame.time, frame: frame.number)
    }
}

extension Dissection {
    /// The WireGuard message whose form the packet has.
    func wireGuard(_ bytes: UnsafeRawBufferPointer) -> WireGuardMessage? {
        guard case .udp(_, _, let length) = transport else { return nil }
        return WireGuardMessage(ByteView(bytes: bytes).slice(payload), length: length - 8)
    }
}
