import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import CoordinatorCore
import LocalControl

/// `warren-coordinator machines`
struct Machines: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the machines of the mesh.",
        discussion: """
            EXAMPLES
              warren-coordinator machines
              warren-coordinator machines --json --data ./coordinator
            """)

    @OptionGroup var data: DataOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let list = try await data.admin().get(APIPath.machines, as: MachineList.self)
        if json { return try Console.printJSON(list) }
        Console.printTable(
            ["NAME", "ADDRESS", "IPV6", "LIVENESS", "STREAM", "SILENT", "ENDPOINTS", "ID", "REMARKS"], list.machines.map(row))
    }

    private func row(_ machine: MachineStatus) -> [String] {
        let silent = machine.silentMilliseconds.map { DurationText.format(.milliseconds($0)) } ?? "-"
        let endpoints = machine.endpoints.map(\.description).joined(separator: ",")
        let reached = machine.reachedMilliseconds.map {
            "others reached it \(DurationText.format(.milliseconds($0))) ago: it has lost the coordinator only"
        }
        let revoked = machine.revoked == true ? "credential revoked: it must join again with a token" : nil
        return [
            machine.name.text, machine.meshAddress.description, machine.meshAddress6?.description ?? "-",
            machine.liveness.rawValue, machine.connected ? "open" : "-", silent, endpoints.isEmpty ? "-" : endpoints,
            machine.id.text, [machine.reason, reached, revoked].compactMap(\.self).joined(separator: "; "),
        ]
    }
}

/// `warren-coordinator machine`
struct MachineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Administer one machine.",
        subcommands: [MachineRename.self, MachineRevoke.self, MachineRemove.self])
}

/// `warren-coordinator machine remove`
struct MachineRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a machine from the mesh and free its name, and its address after the quarantine.",
        discussion: """
            All others drop it at once. Its credential is void; to keep it from joining again, revoke the token it has, too.

            EXAMPLES
              warren-coordinator machine remove birch
              warren-coordinator machine remove m-0123456789abcdef
            """)

    @Argument(help: ArgumentHelp("The machine's name or id.", valueName: "NAME|ID"))
    var machine: String

    @OptionGroup var data: DataOptions

    func run() async throws {
        let admin = try data.admin()
        let found = try await MachineChoice.find(machine, admin)
        try await admin.delete(APIPath.machine(found.id))
        print("\(found.name) (\(found.id), \(found.meshAddress)) is removed")
    }
}
