import ControlProtocol
import MeshModel
import Synchronization

/// What the messenger's parts tell one another, and `status` shows.
final class MessengerState: Sendable {
    private struct Content {
        var name: MachineName?
        var listening: (address: IPAddress, port: Int)?
        var agentReachable = false
        var counters = MessengerStatus.Counters()
    }

    private let content = Mutex(Content())

    /// Where it listens.
    var listeningAddress: IPAddress? { content.withLock { $0.listening?.address } }
    var counters: MessengerStatus.Counters { content.withLock { $0.counters } }

    func setListening(_ address: IPAddress, port: Int) { content.withLock { $0.listening = (address, port) } }
    func clearListening() { content.withLock { $0.listening = nil } }
    func setAgentReachable(_ flag: Bool) { content.withLock { $0.agentReachable = flag } }
    func setName(_ name: MachineName?) { content.withLock { $0.name = name } }
    func count(_ counter: WritableKeyPath<MessengerStatus.Counters, Int>) {
        content.withLock { $0.counters[keyPath: counter] += 1 }
    }

    func status(version: String, stored: Int, connections: Int) -> MessengerStatus {
        content.withLock { content in
            MessengerStatus(
                version: version,
                name: content.name,
                listening: content.listening.map {
                    $0.address.isIPv4 ? "\($0.address):\($0.port)" : "[\($0.address)]:\($0.port)"
                },
                agentReachable: content.agentReachable,
                stored: stored,
                connections: connections,
                counters: content.counters)
        }
    }
}
