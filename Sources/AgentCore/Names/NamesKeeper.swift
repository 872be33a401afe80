import AgentLogic
import Basics
import ControlProtocol
import Logging
import MeshModel
import Observability
import Synchronization
import Timing

/// Keeps the names of the machines of the mesh in the hosts file.
///
/// It runs on a queue of its own, because a disk may take its time.
actor NamesKeeper {
    private let membership: Membership
    private let file: HostsFile?
    private let block: HostsBlock
    private let logger: Logger
    private nonisolated let executor = BlockingExecutor(label: "warren.names")
    private let latest: Mutex<AgentStatus.Names>
    private var complaint: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Between two looks at the map and the file: what others do to the file is put right this soon.
    private static let interval = Duration.seconds(2)
    private static let gathering = Duration.milliseconds(400)

    /// - Parameter path: of the hosts file; nil: none is kept.
    init(membership: Membership, path: String?, interface: String, logger: Logger) {
        self.membership = membership
        file = path.map { HostsFile(path: $0) }
        block = HostsBlock(owner: interface)
        self.logger = logger
        latest = Mutex(.init(file: path, suffix: HostsBlock.suffix))
    }

    /// As of the last look.
    nonisolated var status: AgentStatus.Names { latest.withLock { $0 } }

    /// Runs until the task is cancelled, and takes the names away again. What a run that was killed has left is replaced by the first look.
    func run() async {
        guard let file else {
            await WakeSignal().wait()
            return
        }
        while !Task.isCancelled {
            keep(entries(membership.current), in: file)
            await membership.namesSignal.wait(until: .now + Self.interval)
            // Machines that come one by one are written together.
            try? await Task.sleep(for: Self.gathering)
        }
        keep([], in: file)
    }

    private func keep(_ entries: [HostsBlock.Entry], in file: HostsFile) {
        do throws(CodedError) {
            let content = try file.read()
            let result = block.replaced(in: content, with: entries)
            if result.content != content {
                try file.write(result.content)
                logger.event(
                    "names-written", "the hosts file has the names of the mesh",
                    ["file": "\(file.path)", "machines": .stringConvertible(entries.count)], level: .debug)
            }
            note(result.leftAlone, machines: entries.count)
            complain(nil)
        } catch {
            complain(error.message)
        }
    }

    private func note(_ leftAlone: [String], machines: Int) {
        let before = status.leftAlone
        latest.withLock { names in
            names.machines = machines
            names.leftAlone = leftAlone
        }
        let new = leftAlone.filter { !before.contains($0) }
        guard !new.isEmpty else { return }
        logger.event(
            "names-left-alone", "others' lines define these short names already; they are found with the suffix only",
            ["names": .array(new.prefix(100).map { "\($0)" }), "suffix": "\(HostsBlock.suffix)"])
    }

    private func complain(_ text: String?) {
        latest.withLock { $0.complaint = text }
        defer { complaint = text }
        guard text != complaint, let text else { return }
        logger.event(
            "names-not-written", "names of machines cannot be looked up here: \(text)",
            ["file": "\(file?.path ?? "none")"], level: .warning)
    }

    /// This machine and all others of the map that fit into it, reachable or not: a name that is not found would say something else.
    private func entries(_ state: Membership.State) -> [HostsBlock.Entry] {
        guard let own = state.registration else { return [] }
        var entries = [HostsBlock.Entry(name: own.name, addresses: Array(own.meshAddresses.keys).sorted())]
        var names: Set<MachineName> = [own.name]
        var addresses = Set(own.meshAddresses.keys)
        for peer in state.map.peers.values.sorted(by: { $0.id < $1.id }) {
            let all = [peer.meshAddress, peer.meshAddress6].compactMap(\.self).filter { address in
                own.meshAddresses.values.contains { $0.contains(address) }
            }
            guard all.contains(peer.meshAddress), addresses.isDisjoint(with: all), names.insert(peer.name).inserted else {
                continue
            }
            addresses.formUnion(all)
            entries.append(.init(name: peer.name, addresses: all))
        }
        return entries
    }
}
