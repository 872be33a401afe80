import Basics
import CNetlink
import Glibc
import MeshModel

/// The connections that a network namespace's kernel tracks, by way of ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
///
/// Belongs to the namespace in which its socket was opened. Closes the socket with itself.
public final class ConntrackSocket: Sendable {
    /// `NETLINK_NETFILTER`, for who opens the socket elsewhere.
    public static let protocolNumber: Int32 = 12

    /// A tracked IPv4 connection.
    public struct Entry: Sendable, Hashable {
        /// IP protocol number: 6 TCP, 17 UDP.
        public let transport: UInt8
        /// As the first packet had it.
        public let source: Endpoint
        public let destination: Endpoint
        /// As answers have it, before they are translated back.
        public let replySource: Endpoint
        public let replyDestination: Endpoint
        /// Seconds until the kernel forgets it.
        public let remaining: Int
    }

    private let descriptor: Int32

    /// Takes over an open netfilter netlink socket.
    ///
    /// - Throws: `netlink.open`.
    public init(adopting descriptor: Int32) throws(CodedError) {
        self.descriptor = descriptor
        var deadline = timeval(tv_sec: 5, tv_usec: 0)
        guard setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size)) == 0 else {
            throw CodedError("netlink.open", "cannot set up a netlink socket: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Forgets everything.
    ///
    /// - Throws: `netlink.conntrack`.
    public func flush() throws(CodedError) {
        let request = Self.request(2 /* IPCTNL_MSG_CT_DELETE */, flags: UInt16(NLM_F_ACK))
        if let failure = NetlinkExchange.acknowledged(descriptor, request, messages: 1) { throw Self.error("flush", failure) }
    }

    /// The tracked IPv4 connections that have ports.
    ///
    /// - Throws: `netlink.conntrack`.
    public func entries() throws(CodedError) -> [Entry] {
        let request = Self.request(1 /* IPCTNL_MSG_CT_GET */, flags: UInt16(NLM_F_ROOT | NLM_F_MATCH))
        switch NetlinkExchange.dump(descriptor, request) {
        case .failure(let failure): throw Self.error("list", failure)
        case .success(let payloads): return payloads.compactMap { Self.entry($0.dropFirst(4)) }
        }
    }

    private static func request(_ type: UInt16, flags: UInt16) -> [UInt8] {
        // NFNL_SUBSYS_CTNETLINK is 1; struct nfgenmsg says: any family.
        NetlinkWriter.message(
            type: 1 << 8 | type, flags: UInt16(NLM_F_REQUEST) | flags, sequence: 1, payload: [0, 0, 0, 0])
    }

    private static func entry(_ bytes: ArraySlice<UInt8>) -> Entry? {
        let attributes = NetlinkReader.attributes(bytes)
        guard let first = attributes[1].flatMap(tuple), let reply = attributes[2].flatMap(tuple) else { return nil }
        let remaining = attributes[7].map { Int(UInt32(bigEndian: UInt32(bitPattern: NetlinkReader.word($0, 0)))) } ?? 0
        return Entry(
            transport: first.transport, source: first.source, destination: first.destination, replySource: reply.source,
            replyDestination: reply.destination, remaining: remaining)
    }

    private static func tuple(_ bytes: ArraySlice<UInt8>) -> (transport: UInt8, source: Endpoint, destination: Endpoint)? {
        let parts = NetlinkReader.attributes(bytes)
        guard let addresses = parts[1].map(NetlinkReader.attributes), let transport = parts[2].map(NetlinkReader.attributes),
            let source = addresses[1].flatMap({ IPAddress(bytes: Array($0)) }),
            let destination = addresses[2].flatMap({ IPAddress(bytes: Array($0)) }),
            let number = transport[1]?.first, let from = transport[2], let to = transport[3], from.count == 2, to.count == 2
        else { return nil }
        func port(_ bytes: ArraySlice<UInt8>) -> UInt16 { bytes.reduce(0) { $0 << 8 | UInt16($1) } }
        return (
            number, Endpoint(address: source, port: port(from)), Endpoint(address: destination, port: port(to))
        )
    }

    private static func error(_ what: String, _ failure: NetlinkExchange.Failure) -> CodedError {
        CodedError("netlink.conntrack", "cannot \(what) the tracked connections: \(String(cString: strerror(failure.error)))")
    }
}
