import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import LocalControl
import MessengerCore

/// Exit codes with a meaning of their own.
enum Exit {
    static let unknownName = ExitCode(2)
    static let noMessenger = ExitCode(3)
    static let queued = ExitCode(4)
}

/// The control socket of the messenger on this machine.
struct ControlOptions: ParsableArguments {
    @Option(name: .customLong("run-dir"), help: ArgumentHelp("Directory of the control sockets.", valueName: "DIR"))
    var runDirectory = MessengerSettings.defaultRunDirectory

    private var socket: String { "\(runDirectory)/\(MessengerControl.socketName)" }

    /// For whoever asks again and again.
    var client: LocalControlClient { LocalControlClient(socket: socket) }

    /// Asks the messenger; if none answers, says what to do and exits with 3.
    func ask<Answer>(_ question: (LocalControlClient) async throws -> Answer) async throws -> Answer {
        if let complaint = await SocketProbe.complaint(about: socket) { throw noMessenger(complaint) }
        do {
            return try await question(client)
        } catch let error as CodedError where error.code == "control-unreachable" {
            throw noMessenger(error.message)
        }
    }

    private func noMessenger(_ complaint: String) -> ExitCode {
        Console.complain(
            "no messenger answers on \(socket) (\(complaint)): start one with \"warren-messenger serve\", or name its --run-dir")
        return Exit.noMessenger
    }
}
