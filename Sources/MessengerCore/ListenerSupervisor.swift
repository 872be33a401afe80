import Basics
import Logging
import MeshModel
import MessengerLogic
import NIOCore
import Observability

/// Keeps the listener on this machine's mesh address, whatever becomes of the agent and the address.
struct ListenerSupervisor: Sendable {
    let directory: any Directory
    let receiver: MessageReceiver
    let connections: OpenConnections
    let state: MessengerState
    let settings: MessengerSettings
    let logger: Logger
    let group: any EventLoopGroup

    /// Runs until the task is cancelled; nothing listens afterwards.
    func run() async {
        var plan = ListenerPlan(interval: settings.watchInterval)
        var told = Told()
        var listener: Task<Void, Never>?
        while !Task.isCancelled {
            switch plan.order(for: await look(&told), listeningOn: state.listeningAddress) {
            case .keep: break
            case .stop:
                await stop(&listener)
            case .listen(let address):
                await stop(&listener)
                listener = await start(on: address, &told)
            }
            let pause = plan.pause(isListening: state.listeningAddress != nil, random: .random(in: 0..<1))
            // Cancellation ends the pause, and the loop.
            try? await Task.sleep(for: pause)
        }
        await stop(&listener)
    }

    /// What was logged last, so that a state is told when it begins and not at each look.
    private struct Told {
        var sighting: ListenerPlan.Sighting?
        var listenError: String?
    }

    private func look(_ told: inout Told) async -> ListenerPlan.Sighting {
        let sighting: ListenerPlan.Sighting
        let answer = await directory.roster(within: settings.directoryDeadline)
        switch answer {
        case .failure: sighting = .silent
        case .success(let roster):
            sighting = roster.own.map { .member($0.address) } ?? .stranger
            state.setName(roster.own?.name)
        }
        state.setAgentReachable(sighting != .silent)
        guard sighting != told.sighting, !Task.isCancelled else { return sighting }
        told.sighting = sighting
        switch answer {
        case .failure(let error):
            logger.event(
                "waiting-for-agent", "The agent of this machine does not answer; trying on", ["error": "\(error)"],
                level: .warning)
        case .success(let roster):
            if let own = roster.own {
                logger.event(
                    "mesh-known", "The agent knows this machine's place in the mesh",
                    ["name": "\(own.name)", "address": "\(own.address)"])
            } else {
                logger.event("waiting-for-mesh", "The agent answers and is not registered yet; trying on")
            }
        }
        return sighting
    }

    private func start(on address: IPAddress, _ told: inout Told) async -> Task<Void, Never>? {
        let listener: MessageListener
        do {
            listener = try await .bind(
                address, port: settings.port, connections: connections, state: state, logger: logger, on: group)
        } catch {
            let words = "\(error)"
            if told.listenError != words {
                told.listenError = words
                logger.event(
                    "listen-failed", "The mesh address cannot be listened on; trying on",
                    ["address": "\(address)", "port": .stringConvertible(settings.port), "error": "\(words)"], level: .error)
            }
            return nil
        }
        told.listenError = nil
        state.setListening(address, port: listener.port)
        logger.event(
            "listening", "Messages are received on the mesh address",
            ["address": "\(address)", "port": .stringConvertible(listener.port)])
        return Task {
            var fields: Logger.Metadata = ["address": "\(address)"]
            do {
                try await listener.serve { await receiver.converse($0, from: $1) }
            } catch {
                if !(error is CancellationError) { fields["error"] = "\(error)" }
            }
            state.clearListening()
            logger.event("listening-stopped", "The mesh address is no longer listened on", fields)
        }
    }

    private func stop(_ listener: inout Task<Void, Never>?) async {
        listener?.cancel()
        await listener?.value
        listener = nil
    }
}
