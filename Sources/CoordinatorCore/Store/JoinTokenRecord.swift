import MeshModel

/// A join token as the coordinator keeps it: without its secret.
struct JoinTokenRecord: Sendable {
    /// `t-` and 12 hexadecimal digits. Not secret.
    let id: String
    let secret: SecretHash
    /// Seconds since 1970.
    let createdAt: Int64
    /// Seconds since 1970.
    let expiresAt: Int64
    /// Whether it admits any number of machines.
    let reusable: Bool
    /// How many registrations it admitted.
    var uses = 0
    /// The machine that it admitted last.
    var usedBy: MachineID?
    var revoked = false

    /// Where the token stands.
    enum State: String, Sendable { case valid, used, expired, revoked }

    /// - Parameter now: seconds since 1970.
    func state(at now: Int64) -> State {
        if revoked { return .revoked }
        if now >= expiresAt { return .expired }
        return reusable || uses == 0 ? .valid : .used
    }

    /// Why it does not admit anybody; nil if it does.
    func refusal(at now: Int64) -> String? {
        switch state(at: now) {
        case .valid: nil
        case .used: "the join token \(id) has been used up; it was good for one machine"
        case .expired: "the join token \(id) expired at \(CoordinatorClock.text(expiresAt))"
        case .revoked: "the join token \(id) has been revoked"
        }
    }
}
