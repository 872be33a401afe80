import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import FoundationEssentials
import MeshModel

/// `warren-fleet register`
struct Register: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Machines register, and are not heard of again.",
        discussion: """
            What they may act with later is saved for warren-fleet change. Without endpoints nobody tries to reach them. How long they \
            stay in the mesh is the coordinator's --unresponsive-after.
            """)

    @OptionGroup var options: FleetOptions

    @Option(help: "How many machines.")
    var machines = 1_000

    @Option(help: "How many machines register at the same time.")
    var atOnce = 32

    @Option(help: ArgumentHelp("A new file for their credentials.", valueName: "FILE"))
    var save: String

    func validate() throws {
        guard machines > 0, atOnce > 0 else { throw ValidationError("--machines and --at-once: at least 1") }
    }

    func run() async throws {
        let fleet = Fleet(options, connections: atOnce)
        let saved = Shared<[SavedMachine]>([])
        let next = Shared(0)
        let machines = machines
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(atOnce, machines) {
                group.addTask {
                    while true {
                        let number = next.next()
                        guard number < machines else { return }
                        let request = try await fleet.prepare(number, fleet.makeKey(), endpoints: [])
                        let registration = try await fleet.register(request, on: number)
                        saved.change { $0.append(SavedMachine(registration)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try SavedMachine.save(saved.current, in: save)
    }
}

/// A machine that has registered, as one run of this program leaves it for the next.
struct SavedMachine: Codable, Sendable {
    let id: MachineID
    /// Secret.
    let credential: String

    init(_ registration: Registration) {
        id = registration.id
        credential = registration.credential
    }

    static func save(_ machines: [SavedMachine], in path: String) throws {
        let bytes = try JSONEncoder().encode(machines)
        guard FileManager.default.createFile(atPath: path, contents: bytes, attributes: [.posixPermissions: 0o600]) else {
            throw CodedError("fleet", "cannot write \(path)")
        }
    }

    static func load(from path: String) throws -> [SavedMachine] {
        guard let bytes = FileManager.default.contents(atPath: path) else { throw CodedError("fleet", "cannot read \(path)") }
        return try JSONDecoder().decode([SavedMachine].self, from: bytes)
    }
}
