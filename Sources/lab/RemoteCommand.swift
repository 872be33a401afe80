import Basics
import Glibc
import LabCore
import LinuxProcess

/// A command on a machine of a living lab, seen from whoever runs it.
struct RemoteCommand: Sendable {
    var client: LiveClient
    var machine: String
    var words: [String]
    /// Standard input, output and error of the command.
    var descriptors: [Int32]
    var isTerminal: Bool

    /// Asks the lab to start it.
    ///
    /// - Throws: what the lab answers.
    func start() async throws {
        var request = LiveRequest(.exec)
        request.machine = machine
        request.command = words
        request.isTerminal = isTerminal
        if let here = getcwd(nil, 0) {
            request.directory = String(cString: here)
            free(here)
        }
        let passed = ["TERM", "COLORTERM", "NO_COLOR", "EDITOR", "PAGER"]
        request.environment = currentEnvironment().filter { passed.contains($0.key) }
        try client.send(request, descriptors: descriptors)
        _ = try await client.answer(within: .seconds(15))
    }

    /// Waits for its end.
    ///
    /// - Returns: its exit code; 128 and the signal's number if a signal ended it, as shells have it.
    func finish() async throws -> Int32 {
        let answer = try await client.answer(within: nil)
        if let signal = answer.signaled { return 128 + signal }
        return answer.exited ?? 0
    }

    /// Sends it a signal. One that has ended does not hear it.
    func signal(_ number: Int32) {
        var request = LiveRequest(.signal)
        request.signal = number
        try? client.send(request)
    }
}
