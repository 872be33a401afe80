import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import CoordinatorCore
import Glibc
import LocalControl
import Logging
import MeshModel
import ServiceLifecycle

/// `warren-coordinator events`
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened to the membership, and why.",
        discussion: """
            The latest events, oldest first, with the time as this machine has it. The coordinator keeps 100,000 of them. With \
            --follow it goes on until it is interrupted (exit code 0) or the coordinator goes away (exit code 3).

            EXAMPLES
              warren-coordinator events
              warren-coordinator events --machine birch --limit 1000
              warren-coordinator events --follow --json
            """)

    @OptionGroup var data: DataOptions

    @Flag(help: "Go on with events as they happen.")
    var follow = false

    @Option(help: ArgumentHelp("Only about this machine: its id, or a name that it has or had.", valueName: "NAME|ID"))
    var machine: String?

    @Option(help: ArgumentHelp("How many at the most: 1 to 1024.", valueName: "N"))
    var limit = 50

    @Option(help: ArgumentHelp("Only what came after the event with this number, oldest first.", valueName: "NUMBER"))
    var since: Int?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func validate() throws {
        guard (1...1_024).contains(limit) else { throw ValidationError("--limit: found \(limit), expected 1 to 1024") }
        guard since ?? 0 >= 0 else { throw ValidationError("--since must not be negative") }
        guard machine.map({ MachineName($0) != nil }) ?? true else {
            throw ValidationError("--machine: found \"\(machine?.prefix(80) ?? "")\", expected a machine's id or name")
        }
    }

    func run() async throws {
        let admin = try data.admin()
        let about = machine.map { "&machine=\($0)" } ?? ""
        let from = since.map { "&since=\($0)" } ?? ""
        let list: MembershipEventList = try await admin.get("\(AdminPath.events)?limit=\(limit)\(from)\(about)")
        let printer = EventPrinter(json: json, names: list.events.map(\.name.text))
        if !json { printer.heading() }
        for event in list.events { try printer.print(event) }
        guard follow else { return }
        // With --since and more than --limit, the stream brings the rest.
        let position = since != nil && list.events.count == limit ? list.events.last?.number ?? list.latest : list.latest
        try await untilInterrupted {
            try await admin.follow("\(AdminPath.eventStream)?since=\(position)\(about)", as: EventLine.self) { line in
                if case .event(let event) = line { try printer.print(event) }
            }
        }
    }

    /// Ends without an error at SIGINT and SIGTERM.
    private func untilInterrupted(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let quiet = Logger(label: "events") { _ in SwiftLogNoOpLogHandler() }
        let service = ServiceGroupConfiguration.ServiceConfiguration(
            service: Interruptible(work: work), successTerminationBehavior: .gracefullyShutdownGroup)
        let group = ServiceGroup(
            configuration: .init(services: [service], gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet))
        try await group.run()
    }

    private struct Interruptible: Service {
        let work: @Sendable () async throws -> Void

        func run() async throws {
            do {
                try await cancelWhenGracefulShutdown { try await work() }
            } catch is CancellationError {
                // That is how following ends.
            }
        }
    }
}

/// Prints events one by one, for people or for programs.
struct EventPrinter: Sendable {
    let json: Bool
    private let widths: [Int]
    private static let titles = ["NUMBER", "TIME", "EVENT", "MACHINE", "WHAT HAPPENED"]

    /// - Parameter names: those that the column of names shall have room for.
    init(json: Bool, names: [String]) {
        self.json = json
        // As wide as the longest event of the dictionary; names that come later may be longer.
        widths = [6, 19, 25, max(12, names.map(\.count).max() ?? 0), 0]
    }

    func heading() { show(Self.titles) }

    func print(_ event: MembershipEvent) throws {
        if json {
            try Console.printJSON(event)
            fflush(nil)
        } else {
            let reason = event.reason.map { " (\($0))" } ?? ""
            show(["\(event.number)", LocalTime.text(event.time), event.event, event.name.text, event.detail + reason])
        }
    }

    private func show(_ cells: [String]) {
        var line = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        Swift.print(line)
        // Whoever reads this through a pipe shall see it when it happens.
        fflush(nil)
    }
}
