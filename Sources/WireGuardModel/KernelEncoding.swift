import MeshModel

extension KernelProtocol {
    /// Asks for the device's configuration and state; to be sent as a dump (NLM_F_DUMP).
    ///
    /// - Parameter interface: index of the interface.
    public static func getRequest(interface: Int32) -> Request {
        var writer = NetlinkAttributeWriter()
        writer.attribute(DeviceAttribute.interfaceIndex, number: UInt32(bitPattern: interface))
        return Request(command: Command.getDevice, attributes: writer.output)
    }

    /// The change as messages to be sent one after the other, each once the one before it is acknowledged; none if nothing changes.
    ///
    /// - Parameters:
    ///   - interface: index of the interface.
    ///   - limit: the largest message in bytes, headers included: 512…65,535.
    public static func setRequests(
        _ change: DeviceChange, interface: Int32, limit: Int = messageLimit
    ) -> [Request] {
        guard !change.isEmpty else { return [] }
        var batch = SetBatch(interface: interface, limit: min(max(limit, 512), 65_535))
        if let key = change.privateKey { batch.writer.attribute(DeviceAttribute.privateKey, key.bytes) }
        if let port = change.listenPort { batch.writer.attribute(DeviceAttribute.listenPort, number: port) }
        for peer in change.peers { batch.add(PeerMessage(peer)) }
        return batch.finish()
    }
}

/// What a message says about one peer.
private struct PeerMessage {
    let publicKey: PublicKey
    var flags: KernelProtocol.PeerFlags = []
    var endpoint: Endpoint?
    var persistentKeepalive: UInt16?
    var allowedIPs: [IPPrefix] = []

    init(_ change: PeerChange) {
        publicKey = change.publicKey
        switch change {
        case .add(_, let endpoint, let allowedIPs, let keepalive):
            self.endpoint = endpoint
            self.allowedIPs = allowedIPs
            if keepalive > 0 { persistentKeepalive = keepalive }
        case .update(_, let endpoint, let allowedIPs, let keepalive):
            flags = .updateOnly
            self.endpoint = endpoint
            persistentKeepalive = keepalive
            switch allowedIPs {
            case .add(let prefixes): self.allowedIPs = prefixes
            case .replace(let prefixes):
                flags.insert(.replaceAllowedIPs)
                self.allowedIPs = prefixes
            case nil: break
            }
        case .remove: flags = [.updateOnly, .removeMe]
        }
    }

    /// The same peer in a later message, with the allowed IPs that are left. It may only add, and only to a peer that is there: one that
    /// has been removed in between must not come back as a part of itself.
    func continued(with rest: ArraySlice<IPPrefix>) -> PeerMessage {
        var next = self
        (next.flags, next.endpoint, next.persistentKeepalive, next.allowedIPs) = (.updateOnly, nil, nil, Array(rest))
        return next
    }

    /// Bytes without any allowed IP.
    var headSize: Int {
        let key = 36
        let endpointSize = endpoint.map { $0.address.isIPv4 ? 20 : 32 } ?? 0
        return 4 + key + (flags.isEmpty ? 0 : 8) + endpointSize + (persistentKeepalive == nil ? 0 : 8)
    }

    /// Bytes of the list of so many of the allowed IPs, from the first on.
    static func listSize(_ prefixes: some Sequence<IPPrefix>) -> Int { prefixes.reduce(4) { $0 + size(of: $1) } }

    static func size(of prefix: IPPrefix) -> Int { prefix.address.isIPv4 ? 28 : 40 }

    func write(to writer: inout NetlinkAttributeWriter) {
        typealias Attribute = KernelProtocol.PeerAttribute
        writer.nested(0) { peer in
            peer.attribute(Attribute.publicKey, publicKey.bytes)
            if !flags.isEmpty { peer.attribute(Attribute.flags, number: flags.rawValue) }
            if let endpoint { peer.attribute(Attribute.endpoint, endpoint.socketAddress) }
            if let persistentKeepalive { peer.attribute(Attribute.persistentKeepalive, number: persistentKeepalive) }
            guard !allowedIPs.isEmpty else { return }
            peer.nested(Attribute.allowedIPs) { list in
                for prefix in allowedIPs { Self.write(prefix, to: &list) }
            }
        }
    }

    private static func write(_ prefix: IPPrefix, to list: inout NetlinkAttributeWriter) {
        typealias Attribute = KernelProtocol.AllowedIPAttribute
        let family = prefix.address.isIPv4 ? KernelProtocol.Family.ipv4 : KernelProtocol.Family.ipv6
        list.nested(0) { entry in
            entry.attribute(Attribute.family, number: family)
            entry.attribute(Attribute.address, prefix.address.bytes)
            entry.attribute(Attribute.length, number: UInt8(prefix.length))
        }
    }
}

/// Spreads the peers of a change over messages.
private struct SetBatch {
    private let interface: Int32
    private let limit: Int
    private var requests: [KernelProtocol.Request] = []
    /// The device's own attributes of the message that is being filled.
    var writer: NetlinkAttributeWriter
    private var peers: [PeerMessage] = []
    private var peersSize = 0

    init(interface: Int32, limit: Int) {
        self.interface = interface
        self.limit = limit
        writer = Self.start(interface)
    }

    private static func start(_ interface: Int32) -> NetlinkAttributeWriter {
        var writer = NetlinkAttributeWriter()
        writer.attribute(KernelProtocol.DeviceAttribute.interfaceIndex, number: UInt32(bitPattern: interface))
        return writer
    }

    /// Bytes that are left for peers, the head of their list taken off.
    private var room: Int { limit - KernelProtocol.headerSize - writer.count - 4 - peersSize }

    mutating func add(_ peer: PeerMessage) {
        let list = peer.allowedIPs.isEmpty ? 0 : PeerMessage.listSize(peer.allowedIPs)
        let size = peer.headSize + list
        if size > room { flush() }
        guard size > room else { return put(peer, size) }
        // Not even alone: as many of its allowed IPs as there is room for, the others in the next message.
        var listed = PeerMessage.listSize([])
        let fitting = peer.allowedIPs.prefix { prefix in
            listed += PeerMessage.size(of: prefix)
            return peer.headSize + listed <= room
        }
        var part = peer
        part.allowedIPs = Array(fitting)
        put(part, peer.headSize + PeerMessage.listSize(fitting))
        add(peer.continued(with: peer.allowedIPs.dropFirst(fitting.count)))
    }

    private mutating func put(_ peer: PeerMessage, _ size: Int) {
        peers.append(peer)
        peersSize += size
    }

    /// Ends the message, if there is anything in it, and starts the next.
    private mutating func flush() {
        if !peers.isEmpty {
            writer.nested(KernelProtocol.DeviceAttribute.peers) { list in
                for peer in peers { peer.write(to: &list) }
            }
        }
        guard writer.count > Self.start(interface).count else { return }
        requests.append(KernelProtocol.Request(command: KernelProtocol.Command.setDevice, attributes: writer.output))
        writer = Self.start(interface)
        peers = []
        peersSize = 0
    }

    mutating func finish() -> [KernelProtocol.Request] {
        flush()
        return requests
    }
}

extension Endpoint {
    /// As `struct sockaddr_in` or `struct sockaddr_in6`, without flow label and scope.
    fileprivate var socketAddress: [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: address.isIPv4 ? KernelProtocol.Family.ipv4 : KernelProtocol.Family.ipv6) { bytes += $0 }
        withUnsafeBytes(of: port.bigEndian) { bytes += $0 }
        return address.isIPv4
            ? bytes + address.bytes + [UInt8](repeating: 0, count: 8)
            : bytes + [0, 0, 0, 0] + address.bytes + [0, 0, 0, 0]
    }
}
