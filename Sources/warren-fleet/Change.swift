import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import Glibc
import MeshModel
import NIOCore

/// `warren-fleet change`
struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One machine after the other gets another endpoint, joins or leaves.",
        discussion: """
            Prints one JSON object for each change: the machine's id, and the wall-clock time just before the request, in seconds since \
            1970, to be compared with the time at which somebody else on this machine has followed.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable { case endpoint, join, leave }

    @OptionGroup var options: FleetOptions

    @Argument(help: "What happens: \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: Kind

    @Option(help: ArgumentHelp("The file that warren-fleet register has saved.", valueName: "FILE"))
    var saved: String

    @Option(help: "How many changes.")
    var changes = 20

    @Option(help: "Milliseconds from one change to the next.")
    var pause = 500

    @Option(help: "The first machine of the file that changes.")
    var first = 0

    private struct Line: Encodable {
        let kind: String
        let id: MachineID
        let time: Double
    }

    func validate() throws {
        guard changes > 0, pause >= 0, first >= 0 else {
            throw ValidationError("--changes: at least 1; --pause and --first: at least 0")
        }
    }

    func run() async throws {
        let fleet = Fleet(options, connections: 1)
        let machines = try SavedMachine.load(from: saved)
        guard kind == .join || first + changes <= machines.count else {
            throw CodedError("fleet", "\(saved) holds \(machines.count) machines; asked for are \(first + changes)")
        }
        // The connection is there before anything is measured.
        _ = try await fleet.send(OutgoingRequest(method: .GET, path: APIPath.health), on: 0)
        for number in 0..<changes {
            try await Task.sleep(for: .milliseconds(pause))
            switch kind {
            case .join: try await join(number, fleet)
            case .leave: try await leave(machines[first + number], fleet)
            case .endpoint: try await move(machines[first + number], fleet)
            }
        }
    }

    /// What the machine works out for its proof is no part of what is measured.
    private func join(_ number: Int, _ fleet: Fleet) async throws {
        let request = try await fleet.prepare(number, fleet.makeKey(), endpoints: [])
        let time = Self.now()
        try note(try await fleet.register(request, on: 0).id, time)
    }

    private func leave(_ machine: SavedMachine, _ fleet: Fleet) async throws {
        let time = Self.now()
        let path = APIPath.machine(machine.id)
        try await send(OutgoingRequest(method: .DELETE, path: path, bearer: machine.credential), fleet)
        try note(machine.id, time)
    }

    /// Half a pause later it has no endpoint again, so that nobody goes on trying to reach it.
    private func move(_ machine: SavedMachine, _ fleet: Fleet) async throws {
        func heartbeat(_ endpoints: String) -> OutgoingRequest {
            OutgoingRequest(
                path: APIPath.heartbeat(machine.id), bearer: machine.credential,
                body: ByteBuffer(string: "{\"endpoints\":[\(endpoints)]}"))
        }
        let time = Self.now()
        try await send(heartbeat("\"\(Fleet.endpoint(of: 1))\""), fleet)
        try note(machine.id, time)
        try await Task.sleep(for: .milliseconds(pause / 2))
        try await send(heartbeat(""), fleet)
    }

    private func send(_ request: OutgoingRequest, _ fleet: Fleet) async throws {
        let answer = try await fleet.send(request, on: 0)
        guard (200..<300).contains(answer.status) else {
            throw CodedError("fleet", "a change was answered with \(answer.status): \(String(buffer: answer.body).prefix(300))")
        }
    }

    private func note(_ id: MachineID, _ time: Double) throws {
        try Console.printJSON(Line(kind: kind.rawValue, id: id, time: time))
    }

    /// Seconds since 1970.
    private static func now() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
