import Basics
import MeshModel

/// How it stands with one peer: whether there is a session, and if not, why not.
public struct PeerCondition: Sendable, Hashable {
    /// What is known of the peer.
    public struct Facts: Sendable {
        /// Whether the device holds it.
        public var isConfigured: Bool
        /// Why the map's entry is no peer; nil if it is one.
        public var rejected: PeerSelection.Reason?
        public var hasSession: Bool
        /// Whether it is a peer against the coordinator's verdict.
        public var isKept: Bool
        public var liveness: Liveness
        /// How many candidate endpoints there are.
        public var candidates: Int
        /// The endpoint that is tried now.
        public var trying: Endpoint?
        /// Handshakes started since there was a session last.
        public var attempts: Int

        public init(
            isConfigured: Bool, rejected: PeerSelection.Reason?, hasSession: Bool, isKept: Bool, liveness: Liveness,
            candidates: Int, trying: Endpoint?, attempts: Int
        ) {
            self.isConfigured = isConfigured
            self.rejected = rejected
            self.hasSession = hasSession
            self.isKept = isKept
            self.liveness = liveness
            self.candidates = candidates
            self.trying = trying
            self.attempts = attempts
        }
    }

    /// A stable word.
    public let code: String
    /// Why there is no session, for people; nil with one.
    public let why: String?

    public init(_ facts: Facts) {
        switch facts.rejected {
        case .unresponsive, nil: (code, why) = Self.ofPeer(facts)
        case .some(let reason): (code, why) = (reason.rawValue, Self.text(reason))
        }
    }

    /// Whether there is a session.
    public var isConnected: Bool { why == nil }

    private static func ofPeer(_ facts: Facts) -> (String, String?) {
        if facts.hasSession, facts.isConfigured { return (facts.isKept ? "kept" : "connected", nil) }
        if facts.rejected == .unresponsive {
            return ("unresponsive", "the coordinator hears nothing of it, and it does not answer over its tunnel either")
        }
        guard facts.candidates > 0 else { return ("no-endpoint", "it has told nobody where it can be reached") }
        guard facts.isConfigured, facts.attempts > 0 || facts.trying != nil else {
            return ("not-configured", "the device does not hold it yet")
        }
        let place = facts.trying.map { " at \($0)" } ?? ""
        let others = facts.candidates > 1 ? ", \(facts.candidates) endpoints in turn" : ""
        let count = facts.attempts == 1 ? "1 handshake" : "\(facts.attempts) handshakes"
        let doubt = facts.liveness == .suspect ? "; the coordinator does not hear from it either" : ""
        return ("connecting", "no answer\(place) to \(count) so far\(others)\(doubt)")
    }

    private static func text(_ reason: PeerSelection.Reason) -> String {
        let texts: [PeerSelection.Reason: String] = [
            .claimsOurs: "it claims this machine's key or mesh address",
            .outsideMesh: "its mesh address is outside the mesh's range",
            .duplicate: "another machine has the same key or mesh address",
        ]
        return "refused: \(texts[reason] ?? reason.rawValue)"
    }
}
