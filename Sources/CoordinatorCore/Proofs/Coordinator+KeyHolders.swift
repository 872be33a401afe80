import Basics
import CoordinatorLogic
import Logging
import MeshModel

/// The runs of agents that hold the machines' keys, and what to do about two that hold the same one.
extension Coordinator {
    /// What is known of the run that holds a machine's key.
    struct HeldKey: Sendable {
        var holder: KeyHolder
        /// When it was last told that another one wants the key.
        var lastReport: MonotonicTime?
    }

    /// How long a connection has to break after something was sent over it.
    static let answerTime = Duration.milliseconds(300)
    private static let lookPause = Duration.milliseconds(10)
    /// Between two reports of clones of one key.
    static let reportPause = Duration.seconds(60)

    /// Waits, for `answerTime` at the most, until it is clear whether the present holder of the key lives.
    ///
    /// - Throws: `CodedError` with code `key-in-use`.
    func askHolder(of key: PublicKey, for claimant: KeyHolder) async throws(CodedError) {
        guard claim(key, claimant, wasAsked: false) == .askHolder, let id = membership.registry[key]?.id,
            let stream = streams[id]
        else { return try refuseClone(of: key, claimant) }
        stream.poke()
        var waited = Duration.zero
        while streams[id] === stream, waited < Self.answerTime {
            try? await Task.sleep(for: Self.lookPause)
            waited += Self.lookPause
        }
        try refuseClone(of: key, claimant)
    }

    /// - Throws: `CodedError` with code `key-in-use` if another run with this key is alive.
    func refuseClone(of key: PublicKey, _ claimant: KeyHolder) throws(CodedError) {
        guard let peer = membership.registry[key], let held = heldKeys[peer.id],
            claim(key, claimant, wasAsked: true) == .refused
        else { return }
        reportClone(of: peer, held, claimant)
        throw CodedError(
            "key-in-use",
            "the machine \(peer.name) (\(peer.id)) has this key and is alive at \(held.holder.remote)"
        )
    }

    /// The run that has just registered holds the key now.
    func noteHolder(_ holder: KeyHolder, of id: MachineID) {
        heldKeys[id] = HeldKey(holder: holder, lastReport: heldKeys[id]?.lastReport)
    }

    /// A stream was opened from there, by whichever run holds the credential.
    func noteHolder(at remote: String, of id: MachineID) {
        noteHolder(KeyHolder(instance: heldKeys[id]?.holder.instance, remote: remote), of: id)
    }

    private func claim(_ key: PublicKey, _ claimant: KeyHolder, wasAsked: Bool) -> KeyClaim {
        guard let id = membership.registry[key]?.id else { return .accepted }
        return KeyClaim.decide(
            claimant, against: heldKeys[id]?.holder, hasStream: streams[id] != nil,
            silence: membership.tracker.silence(of: id, at: clock.monotonic()),
            interval: .milliseconds(presentLiveness.heartbeatIntervalMilliseconds), wasAsked: wasAsked)
    }

    private func reportClone(of peer: Peer, _ held: HeldKey, _ claimant: KeyHolder) {
        let now = clock.monotonic()
        if let last = held.lastReport, now - last < Self.reportPause { return }
        heldKeys[peer.id]?.lastReport = now
        record(
            "duplicate-key", peer,
            "\(peer.name) is alive at \(held.holder.remote), and another run with the same key asks from \(claimant.remote)",
            ["holder": "\(held.holder.remote)", "claimant": "\(claimant.remote)"], level: .warning)
    }
}
