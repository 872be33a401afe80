import Basics
import Synchronization

/// Writes this machine's identity to disk as it is at that moment, one writer after another: what is on disk is never older than what
/// somebody has written before.
final class IdentityKeeper: Sendable {
    private let membership: Membership
    private let store: IdentityStore
    private let turn = Mutex(())

    init(membership: Membership, store: IdentityStore) {
        self.membership = membership
        self.store = store
    }

    /// When this returns, the identity survives a power cut.
    ///
    /// - Throws: as `IdentityStore.save`.
    func save() throws(CodedError) {
        let result = turn.withLock { _ -> Result<Void, CodedError> in
            guard !membership.current.isLeaving else { return .success(()) }
            do throws(CodedError) {
                return .success(try store.save(membership.current.identity))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Forgets the identity. Once it is leaving, nothing writes it again.
    ///
    /// - Throws: as `IdentityStore.remove`.
    func remove() throws(CodedError) {
        let result = turn.withLock { _ -> Result<Void, CodedError> in
            do throws(CodedError) {
                return .success(try store.remove())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
