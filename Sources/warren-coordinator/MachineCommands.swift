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
            ["NAME", "ADDRESS", "LIVENESS", "SILENT", "ENDPOINTS", "ID"],
            list.machines.map { machine in
                let silent = machine.silentMilliseconds.map { DurationText.format(.milliseconds($0)) } ?? "-"
                let endpoints = machine.endpoints.map(\.description).joined(separator: ",")
                return [
                    machine.name.text, machine.meshAddress.description, machine.liveness.rawValue, silent,
                    endpoints.isEmpty ? "-" : endpoints, machine.id.text,
                ]
            })
    }
}

/// `warren-coordinator machine`
struct MachineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Administer one machine.", subcommands: [MachineRemove.self])
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
        let machines = try await admin.get(APIPath.machines, as: MachineList.self).machines
        guard let found = machines.first(where: { $0.id.text == machine }) ?? machines.first(where: { $0.name.text == machine })
        else {
            let nearest = NearestWord.to(machine, among: machines.map(\.name.text)).map { "; did you mean \($0)?" } ?? ""
            throw CodedError("machine-unknown", "there is no machine \"\(machine.prefix(80))\" in the mesh\(nearest)")
        }
        try await admin.delete(APIPath.machine(found.id))
        print("\(found.name) (\(found.id), \(found.meshAddress)) is removed")
    }
}
