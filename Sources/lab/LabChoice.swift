import ArgumentParser
import Basics
import LabCore

/// Which living lab a command is for.
struct LabChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp("The lab; may be left out if only one is up.", valueName: "name"),
        completion: .custom { _, _, _ in (try? LiveFolder.names()) ?? [] })
    var lab: String?

    func connect() throws -> LiveClient { try LiveCommand.orExit { try LiveClient.choose(lab) } }
}

/// What the commands for living labs have in common.
enum LiveCommand {
    /// Runs the body; errors become a line on standard error and an exit code: 64 for what the user said wrong, 3 for the rest.
    static func orExit<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw failure(error)
        }
    }

    static func orExit<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw failure(error)
        }
    }

    static func failure(_ error: any Error) -> ExitCode {
        if let code = error as? ExitCode { return code }
        let bad = ["step.bad", "live.step", "machine.unknown", "lab.name", "lab.taken", "lab.ambiguous", "usage"]
        let code = (error as? CodedError)?.code ?? ""
        return Failure.report(error, bad.contains(code) ? 64 : 3)
    }

    /// Whether there are such machines.
    ///
    /// - Throws: `machine.unknown` with the nearest name.
    static func check(_ names: [String], among machines: [String]) throws(CodedError) {
        for name in names where !machines.contains(name) {
            let hint = NearestWord.to(name, among: machines).map { " Did you mean \"\($0)\"?" } ?? ""
            throw CodedError(
                "machine.unknown", "there is no machine \"\(name)\".\(hint) Known: \(machines.joined(separator: ", "))")
        }
    }

    /// The machines of the labs that are up, for shells that complete words.
    static var machineNames: [String] {
        get async {
            var names: [String] = []
            for lab in (try? LiveFolder.names()) ?? [] {
                names += (try? await LiveClient(lab).hello().machines) ?? []
            }
            return names
        }
    }
}
