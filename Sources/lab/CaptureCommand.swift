import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LinuxProcess

/// `lab capture`: packets of a living lab.
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Capture packets on the cables of a living lab, as pcapng.",
        discussion: """
            The network ports of the machines named, or every cable, as the switch sees them: outside of any tunnel. Goes on until \
            Ctrl-C, the end of --for, the limit, the end of the lab, or until nobody reads any more. Each packet that the lab could not \
            write in time is counted and told.

            EXAMPLES
              lab capture --output all.pcapng --for 10s
              lab capture ash birch --output two.pcapng
              lab capture ash | wireshark -k -i -
              lab capture ash | tcpdump -n -r -
            """)

    @OptionGroup var choice: LabChoice

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file, replaced if it is there; standard output if left out.", valueName: "file"))
    var output: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long, such as 10s.", valueName: "time"))
    var duration: String?

    @Option(help: ArgumentHelp("Ends after so many MiB, 1 to 1048576.", valueName: "MiB"))
    var limit = 1_024

    @Argument(help: "The machines; every cable if left out.", completion: .custom { _, _, _ in await LiveCommand.machineNames })
    var machines: [String] = []

    func validate() throws {
        if let duration, DurationText.parse(duration) == nil {
            throw ValidationError("--for \(duration): expected \(DurationText.allowed)")
        }
        guard (1...1_048_576).contains(limit) else { throw ValidationError("--limit \(limit): expected 1 to 1048576 MiB") }
        if output == nil, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("packets are no text for a terminal: say --output FILE, or pipe them on (| wireshark -k -i -)")
        }
    }

    func run() async throws {
        try await LiveCommand.orExit {
            let client = try choice.connect()
            var request = LiveRequest(.capture)
            request.machines = machines
            request.seconds = duration.flatMap(DurationText.parse)?.inSeconds
            request.bytes = limit << 20
            // A wrong name must not cost the user an older file. One connection carries one request of those that last.
            try LiveCommand.check(machines, among: try await LiveClient(client.name).hello().machines)
            let descriptor = try target()
            ForwardedSignals.listen([SIGINT, SIGTERM, SIGHUP]) { number in
                var request = LiveRequest(.signal)
                request.signal = number
                try? client.send(request)
            }
            try client.send(request, descriptors: [descriptor])
            _ = try await client.answer(within: .seconds(15))
            guard let end = try await client.answer(within: nil).captured else {
                throw CodedError("live.protocol", "the lab \"\(client.name)\" answered something else")
            }
            try tell(end)
        }
    }

    private func target() throws(CodedError) -> Int32 {
        guard let output else { return STDOUT_FILENO }
        let descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CodedError("capture.file", "cannot write \(output): \(errorText(errno))") }
        return descriptor
    }

    /// On standard error: standard output may be the packets'.
    private func tell(_ end: LiveAnswer.CaptureEnd) throws(CodedError) {
        var text = "\(end.frames) packets, \(end.bytes) bytes\(output.map { ", in \($0)" } ?? "")"
        if end.reason == .limit { text += "; there were more: --limit is \(limit) MiB" }
        if end.lost > 0 { text += "; \(end.lost) packets were lost, the reader or this computer was too slow" }
        text += "\n"
        text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
        if end.reason == .failed {
            throw CodedError("capture.file", "the capture is cut off: \(end.problem ?? "writing failed")")
        }
    }
}
