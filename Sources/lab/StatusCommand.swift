import ArgumentParser
import Basics
import CommandSupport
import LabCore

/// `lab status`: what is up, and how it is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show living labs: machines, services, peers, faults, who reaches whom.",
        discussion: """
            Without a name: the lab that is up, or a list if there are several. Process ids are those that the machine itself sees.
            Who reaches whom is probed when you ask, for a second at the most.

            EXAMPLES
              lab status
              lab status ten
              lab status --json | jq .reachability    one JSON object a line and lab
            """)

    @Argument(help: "The lab.", completion: .custom { _, _, _ in (try? LiveFolder.names()) ?? [] })
    var name: String?

    @Flag(help: "Print JSON: one object a line, for each lab.")
    var json = false

    func run() async throws {
        try await LiveCommand.orExit {
            let names = try name.map { [$0] } ?? LiveFolder.names()
            if json {
                for name in names { try Console.printJSON(try await status(LiveClient(name))) }
            } else if names.count > 1 {
                try await list(names)
            } else {
                StatusText.show(try await status(LiveClient.choose(name)))
            }
        }
    }

    private func status(_ client: LiveClient) async throws -> LiveStatus {
        guard let status = try await client.ask(LiveRequest(.status), within: .seconds(60)).status else {
            throw CodedError("live.protocol", "the lab \"\(client.name)\" answered something else")
        }
        return status
    }

    private func list(_ names: [String]) async throws {
        var rows: [[String]] = []
        for name in names {
            let lab = try await LiveClient(name).hello()
            rows.append([name, lab.state.rawValue, "\(Int(lab.age)) s", "\(lab.machines.count)", lab.scenario, lab.output])
        }
        Console.printTable(["LAB", "STATE", "AGE", "MACHINES", "SCENARIO", "OUTPUT"], rows)
    }
}

/// The status of a lab, for a person.
enum StatusText {
    /// The most machines whose matrix is drawn.
    static let matrixLimit = 24

    static func show(_ status: LiveStatus) {
        let lab = status.lab
        print(
            "lab \"\(lab.name)\": \(lab.state.rawValue), \(Int(lab.age)) s old, scenario \(lab.scenario), logs in \(lab.output)")
        Console.printTable(
            ["MACHINE", "POWER", "UNDERLAY", "MESH", "PEERS", "SERVICES"],
            status.machines.map { machine in
                [
                    machine.name, machine.isOn ? "on" : "off", machine.underlay, machine.mesh ?? "-", peers(machine),
                    machine.services.map(service).joined(separator: ", "),
                ]
            })
        print(status.faults.isEmpty ? "faults: none" : "faults:")
        for fault in status.faults { print("  \(fault.what) [\(fault.engines.joined(separator: ", "))]") }
        for end in status.unexpectedEnds { print("unexpected: \(end)") }
        let reach = status.reachability
        print("reachability over the \(reach.network): \(reach.answered) of \(reach.pairs) pairs answer")
        let names = status.machines.map(\.name).filter { $0 != "coordinator" }
        if reach.answered < reach.pairs || names.count <= 8, names.count <= matrixLimit { matrix(names, reach) }
    }

    private static func peers(_ machine: LiveStatus.Machine) -> String {
        guard let peers = machine.peers else { return "-" }
        let other = peers.filter { $0.liveness != "alive" }.map { "\($0.name) \($0.liveness)" }
        return
            "\(peers.count - other.count) of \(peers.count) alive\(other.isEmpty ? "" : " (\(other.prefix(3).joined(separator: ", ")))")"
    }

    private static func service(_ service: LiveStatus.Service) -> String {
        guard service.isRunning else { return "\(service.name) (off)" }
        let pid = service.pid.map { "pid \($0), " } ?? ""
        return "\(service.name) (\(pid)\(service.isPaused ? "paused" : "\(Int(service.uptime ?? 0)) s"))"
    }

    /// `+` answers, `-` does not.
    private static func matrix(_ names: [String], _ reach: LiveStatus.Reachability) {
        guard names.count > 1 else { return }
        let rows = names.map { from in
            [from] + names.map { to in from == to ? "." : reach.silent[from]?.contains(to) ?? false ? "-" : "+" }
        }
        Console.printTable(["from \\ to"] + names, rows)
    }
}
