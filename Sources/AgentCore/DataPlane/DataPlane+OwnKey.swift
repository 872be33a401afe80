import AgentLogic
import Basics
import WireGuardControl
import WireGuardModel

extension DataPlane {
    /// Gives the device this machine's key if it has changed since the last round.
    ///
    /// All sessions end with the old key, though the device still shows their handshakes: the peers are removed, and come back in the same
    /// round as if this machine had just met them.
    func followOwnKey(_ state: Membership.State) throws(CodedError) {
        guard formation.own != state.publicKey else { return }
        let peers = try backend.read().peers.map { PeerChange.remove($0.publicKey) }
        try backend.apply(DeviceChange(privateKey: state.identity.privateKey, peers: peers))
        formation = Formation(own: state.publicKey)
        settled.formerKeys = []
        settled.deviceIsNew = true
    }
}
