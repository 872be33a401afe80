import Synchronization

/// Who is connected: how many in all, and how many from each remote address.
final class ConnectionTable: Sendable {
    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }
    private let state = Mutex(State())
    /// The most connections in all.
    let limit: Int
    /// The most connections from one address.
    let addressLimit: Int

    init(limit: Int, addressLimit: Int) {
        self.limit = limit
        self.addressLimit = addressLimit
    }

    /// Counts a connection; false, and not counted, if the address has too many. Nil stands for the local socket, which has no bound.
    func open(_ address: String?) -> Bool {
        state.withLock { state in
            if let address {
                let open = state.byAddress[address, default: 0]
                guard open < addressLimit else { return false }
                state.byAddress[address] = open + 1
            }
            state.total += 1
            return true
        }
    }

    /// Forgets a connection that was counted.
    func close(_ address: String?) {
        state.withLock { state in
            state.total -= 1
            guard let address, let open = state.byAddress[address] else { return }
            state.byAddress[address] = open > 1 ? open - 1 : nil
        }
    }

    /// Connections open now.
    var open: Int { state.withLock { $0.total } }

    /// Whether more than nine tenths of the connections are in use: then clients are asked to close theirs.
    var isCrowded: Bool { open * 10 > limit * 9 }
}
