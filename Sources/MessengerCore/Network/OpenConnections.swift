import MeshModel
import MessengerLogic
import NIOCore
import Synchronization

/// The inbound connections that are open, within their budget.
final class OpenConnections: Sendable {
    private struct State {
        var budget: ConnectionBudget
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state: Mutex<State>

    init(budget: ConnectionBudget) { state = Mutex(State(budget: budget)) }

    var count: Int { state.withLock { $0.budget.open } }

    /// Takes a connection until it is closed.
    ///
    /// - Throws: `ConnectionBudget.Refusal`; the caller closes the channel.
    func take(_ channel: any Channel, from peer: IPAddress) throws(ConnectionBudget.Refusal) {
        let key = ObjectIdentifier(channel)
        try state.withLock { state throws(ConnectionBudget.Refusal) in
            try state.budget.take(peer)
            state.channels[key] = channel
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.channels[key] = nil
                state.budget.release(peer)
            }
        }
    }

    /// Closes all of them.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }
}
