import MeshModel

/// Frames and their bytes.
public struct Amount: Sendable, Hashable, Codable {
    public var frames: UInt64 = 0
    public var bytes: UInt64 = 0

    public init(frames: UInt64 = 0, bytes: UInt64 = 0) {
        self.frames = frames
        self.bytes = bytes
    }

    mutating func add(_ length: Int) {
        frames += 1
        bytes += UInt64(length)
    }
}

/// Counts the packets of each 5-tuple by where they entered and left.
struct FlowTable: Sendable {
    struct Key: Hashable, Sendable {
        var protocolNumber: UInt8
        var source: IPAddress
        var destination: IPAddress
        /// 0 where there are no ports.
        var sourcePort: UInt16 = 0
        var destinationPort: UInt16 = 0

        init?(_ packet: Dissection) {
            guard let ip = packet.ip else { return nil }
            protocolNumber = ip.protocolNumber
            source = ip.source
            destination = ip.destination
            if let ports = packet.transport.ports { (sourcePort, destinationPort) = ports }
        }
    }

    struct Flow: Sendable {
        /// By the number of the link.
        var entered: [Int: Amount] = [:]
        var left: [Int: Amount] = [:]
        /// WireGuard's messages by type, 1 to 4, where they entered.
        var messages: [WireGuardMessage.Kind: Amount] = [:]
        /// On more links than are told apart.
        var elsewhere = Amount()
    }

    private(set) var flows: [Key: Flow] = [:]
    /// Packets of flows beyond the limit.
    private(set) var overflow = Amount()

    static let mostFlows = 65_536
    static let mostLinks = 16

    mutating func count(
        _ packet: Dissection, _ message: WireGuardMessage?, link: Int, direction: Pcapng.Direction, length: Int
    ) {
        guard let key = Key(packet) else { return }
        guard flows.count < Self.mostFlows || flows[key] != nil else {
            overflow.add(length)
            return
        }
        add(&flows[key, default: Flow()], message, link, direction, length)
    }

    private func add(
        _ flow: inout Flow, _ message: WireGuardMessage?, _ link: Int, _ direction: Pcapng.Direction, _ length: Int
    ) {
        switch direction {
        case .entering:
            if flow.entered.count < Self.mostLinks || flow.entered[link] != nil {
                flow.entered[link, default: Amount()].add(length)
            } else {
                flow.elsewhere.add(length)
            }
            if let message { flow.messages[message.kind, default: Amount()].add(length) }
        case .leaving:
            if flow.left.count < Self.mostLinks || flow.left[link] != nil {
                flow.left[link, default: Amount()].add(length)
            } else {
                flow.elsewhere.add(length)
            }
        }
    }
}
