import Basics
import MeshModel
import WireGuardModel

@testable import AgentLogic

/// One side of a WireGuard tunnel: the rules that decide whether and when a handshake succeeds, as wireguard-go has them.
struct ModelTunnel {
    enum Message {
        case initiation(session: Int, timestamp: MonotonicTime)
        case response(session: Int)
        /// An encrypted packet, a keepalive for example.
        case data(session: Int)
    }

    private enum Handshake: Equatable { case none, sent(Int), consumed(Int) }

    private var isPresent = false
    private var endpoint: Endpoint?
    private var keepalive: UInt16 = 0
    private var handshake = Handshake.none
    private var lastSent: MonotonicTime?
    private var lastConsumed: MonotonicTime?
    private var lastTimestamp: MonotonicTime?
    private var lastHandshake: HandshakeTime?
    private var wallClock = HandshakeTime(seconds: 0)
    /// Sessions as WireGuard keeps them: one that waits to be confirmed, the one that is sent with, and the one before.
    private var next: Int?
    private(set) var current: Int?
    private var previous: Int?
    /// Sessions that came out of two handshakes that crossed: they can be sent with, and nothing can be received with them.
    private var deaf: Set<Int> = []
    private var lastInitiated: Int?
    private var receivedBytes: UInt64 = 0
    /// Where the other machine really is.
    private var right: Endpoint?

    /// Whether what is sent gets to the other machine.
    var hasRightEndpoint: Bool { endpoint != nil && endpoint == right }

    func snapshot(key: PublicKey) -> [WireGuardPeer] {
        guard isPresent else { return [] }
        return [
            WireGuardPeer(
                publicKey: key, endpoint: endpoint, allowedIPs: [host(Int(key.bytes[1]))], persistentKeepalive: keepalive,
                lastHandshake: lastHandshake, receivedBytes: receivedBytes)
        ]
    }

    /// Whether a packet of that session can be decrypted.
    func accepts(_ session: Int) -> Bool { isPresent && [next, current, previous].contains(session) && !deaf.contains(session) }

    func awaits(_ session: Int) -> Bool { isPresent && handshake == .sent(session) }

    mutating func apply(
        _ change: PeerChange, right: Endpoint, session: Int, now: MonotonicTime, wallClock: HandshakeTime
    ) -> [Message] {
        self.wallClock = wallClock
        self.right = right
        let wasOn = keepalive > 0
        switch change {
        case .remove:
            self = ModelTunnel()
            return []
        case .add(_, let endpoint, _, let keepalive):
            isPresent = true
            self.endpoint = endpoint
            self.keepalive = keepalive
        case .update(_, let endpoint, _, let keepalive):
            guard isPresent else { return [] }
            self.endpoint = endpoint ?? self.endpoint
            self.keepalive = keepalive ?? self.keepalive
        }
        guard keepalive > 0, !wasOn else { return [] }
        if let current { return [.data(session: current)] }
        return initiate(session: session, now: now, isRetry: false)
    }

    /// Somebody on this machine sends a packet: without a session that starts a handshake, wherever it may lead.
    mutating func knock(session: Int, now: MonotonicTime) -> [Message] {
        guard isPresent, current == nil else { return [] }
        return initiate(session: session, now: now, isRetry: false)
    }

    mutating func initiate(session: Int, now: MonotonicTime, isRetry: Bool) -> [Message] {
        if let lastSent, now - lastSent < .seconds(5) { return [] }
        lastSent = now
        handshake = .sent(session)
        lastInitiated = session
        return [.initiation(session: session, timestamp: now)]
    }

    mutating func receive(_ message: Message, now: MonotonicTime) -> [Message] {
        guard isPresent else { return [] }
        switch message {
        case .initiation(let session, let timestamp):
            if let lastTimestamp, timestamp <= lastTimestamp { return [] }
            if let lastConsumed, now - lastConsumed <= .milliseconds(20) { return [] }
            receivedBytes += 148
            lastTimestamp = timestamp
            lastConsumed = now
            handshake = .consumed(session)
            next = session
            // An answer counts as an attempt, too.
            lastSent = now
            // WireGuard sends to wherever the last packet came from.
            endpoint = right
            return [.response(session: session)]
        case .response(let session):
            // A handshake that was overwritten by the other side's, or whose peer was removed, comes to nothing.
            if case .consumed = handshake, session == lastInitiated, let lastConsumed, now - lastConsumed < .milliseconds(2) {
                // Unless both arrive at nearly the same time: wireguard-go works on them in parallel and mixes them up.
                deaf.insert(session)
            } else if handshake != .sent(session) {
                return []
            }
            receivedBytes += 92
            establish(session)
            return [.data(session: session)]
        case .data(let session):
            guard accepts(session) else { return [] }
            receivedBytes += 32
            if next == session { establish(session) }
            return []
        }
    }

    private mutating func establish(_ session: Int) {
        previous = next != session && next != nil ? next : current
        current = session
        next = nil
        handshake = .none
        endpoint = right
        let stamp = HandshakeTime(seconds: wallClock.seconds, nanoseconds: Int32(session % 1_000_000_000))
        lastHandshake = stamp
    }
}
