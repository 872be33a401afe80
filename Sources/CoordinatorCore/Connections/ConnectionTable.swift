import Synchronization

/// Who is connected: how many in all, how many from each remote address, and how many of them nobody knows yet.
final class ConnectionTable: Sendable {
    /// Connections of one address, or of all.
    private struct Count {
        var all = 0
        /// Those on which nobody has shown a valid credential or join token.
        var newcomers = 0
    }
    private struct State {
        var total = Count()
        var byAddress: [String: Count] = [:]
    }
    private let state = Mutex(State())
    /// The most connections in all.
    let limit: Int
    /// The most connections from one address.
    let addressLimit: Int
    /// The most newcomers in all. One address has half of them at the most.
    let newcomerLimit: Int

    /// - Parameter newcomerLimit: nil for half of all.
    init(limit: Int, addressLimit: Int, newcomerLimit: Int? = nil) {
        self.limit = limit
        self.addressLimit = addressLimit
        self.newcomerLimit = newcomerLimit ?? limit / 2
    }

    /// Counts a newcomer; false, and not counted, if there are too many, or the address has too many. Nil stands for the local socket,
    /// where nobody is a newcomer and nothing is bounded.
    func open(_ address: String?) -> Bool {
        state.withLock { state in
            if let address {
                var own = state.byAddress[address] ?? Count()
                let hasTooMany = own.all >= addressLimit || own.newcomers >= max(1, newcomerLimit / 2)
                guard !hasTooMany, state.total.newcomers < newcomerLimit else { return false }
                own.all += 1
                own.newcomers += 1
                state.byAddress[address] = own
                state.total.newcomers += 1
            }
            state.total.all += 1
            return true
        }
    }

    /// A newcomer is one no longer.
    func welcome(_ address: String?) {
        guard let address else { return }
        state.withLock { state in
            state.total.newcomers -= 1
            state.byAddress[address]?.newcomers -= 1
        }
    }

    /// Forgets a connection that was counted.
    func close(_ address: String?, isNewcomer: Bool) {
        state.withLock { state in
            state.total.all -= 1
            guard let address, var own = state.byAddress[address] else { return }
            own.all -= 1
            if isNewcomer {
                own.newcomers -= 1
                state.total.newcomers -= 1
            }
            state.byAddress[address] = own.all > 0 ? own : nil
        }
    }

    /// Connections open now.
    var open: Int { state.withLock { $0.total.all } }

    /// Those of them on which nobody has shown a valid credential or join token.
    var newcomers: Int { state.withLock { $0.total.newcomers } }

    /// Whether more than nine tenths of the connections are in use: then clients are asked to close theirs.
    var isCrowded: Bool { open * 10 > limit * 9 }
}
