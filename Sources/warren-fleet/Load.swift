import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import Crypto
import MeshModel
import Timing

/// `warren-fleet load`
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "As many heartbeats or registrations as the server takes.",
        discussion: "Each connection sends its next request when it has the answer to the one before. Prints one JSON object.")

    enum Kind: String, ExpressibleByArgument, Encodable { case heartbeat, registration }

    @OptionGroup var options: FleetOptions

    @Option(help: "heartbeat or registration.")
    var kind = Kind.heartbeat

    @Option(help: "How many connections.")
    var connections = 32

    @Option(help: "For how many seconds.")
    var seconds = 5.0

    private struct Report: Encodable {
        let kind: Kind
        let count: Int
        let perSecond: Double
        let milliseconds: Spread?
    }

    func validate() throws {
        guard (1...4_096).contains(connections), seconds > 0 else {
            throw ValidationError("--connections: expected 1 to 4096; --seconds: more than 0")
        }
    }

    func run() async throws {
        let fleet = Fleet(options, connections: connections)
        let latencies = Shared<[Double]>([])
        // Making keys is no part of what is measured, but for those beyond this stock.
        let keys = kind == .registration ? (0..<4_096).map { _ in fleet.makeKey() } : []
        let next = Shared(connections)
        let machines = kind == .heartbeat ? try await prepare(fleet) : []
        let (kind, limit) = (kind, Duration.seconds(seconds))
        let start = MonotonicTime.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in 0..<connections {
                group.addTask {
                    while MonotonicTime.now - start < limit {
                        let began = MonotonicTime.now
                        if kind == .heartbeat {
                            let answer = try await fleet.send(machines[connection], on: connection)
                            guard answer.status == 200 else { throw CodedError("fleet", "answered with \(answer.status)") }
                        } else {
                            let number = next.next()
                            let key = number < keys.count ? keys[number] : fleet.makeKey()
                            _ = try await fleet.register(number, key)
                        }
                        latencies.change { $0.append((MonotonicTime.now - began).inSeconds * 1_000) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let passed = (MonotonicTime.now - start).inSeconds
        let all = latencies.current
        try Console.printJSON(
            Report(kind: kind, count: all.count, perSecond: Double(all.count) / passed, milliseconds: Spread(all)))
    }

    private func prepare(_ fleet: Fleet) async throws -> [OutgoingRequest] {
        var requests: [OutgoingRequest] = []
        for number in 0..<connections {
            let machine = try await fleet.register(number, fleet.makeKey())
            requests.append(fleet.heartbeat(machine, Fleet.endpoint(of: number)))
        }
        return requests
    }
}
