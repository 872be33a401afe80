import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import Glibc
import LinuxProcess
import LocalControl

/// `warren-agent up`
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the agent in the background, and wait until this machine is in the mesh.",
        discussion: """
            For a person at a terminal: starts "warren-agent run" with the same options in the background, unless an agent runs already, and \
            tells what happens until the coordinator is followed and every peer has a session. Exits with 0 then, with 1 if that has \
            not happened within --timeout (the agent goes on trying), or with the code that the agent ended with. It is started once and by \
            nobody again: where a machine shall be in the mesh after its next boot, let the service manager have "warren-agent run". \
            Its log is "warren-agent logs". "warren-agent down" ends it.

            The token may also come on standard input, with --join-file -.

            EXAMPLES
              warren-agent up --join-file /etc/warren/join
              warren-coordinator token create --url https://192.0.2.1:7400 | ssh birch warren-agent up --join-file -
              warren-agent up --timeout 1m
            """)

    @OptionGroup var agent: Run

    @Option(
        help: ArgumentHelp("How long to wait, 1s to 1h.", valueName: "DURATION"),
        transform: { text in
            guard let duration = DurationText.parse(text), (.seconds(1) ... .seconds(3_600)).contains(duration) else {
                throw ValidationError("expected 1s to 1h: \(DurationText.allowed)")
            }
            return duration
        })
    var timeout = Duration.seconds(30)

    func run() async throws {
        let control = agent.control
        let start = ContinuousClock.now
        var child: BackgroundAgent?
        if control.isAnswering {
            Console.complain("an agent runs already; its own settings hold")
        } else {
            child = try BackgroundAgent(arguments: Self.arguments(), join: agent.joining.token())
        }
        var said = ""
        while true {
            if let child, let ending = await child.ending() {
                Console.complain(ending.lastWords)
                Glibc.exit(ending.code)
            }
            let status = await Self.status(of: control)
            if let status, status.isComplete {
                return print("\(Self.progress(status)) in \(DurationText.format(ContinuousClock.now - start))")
            }
            let news = status.map(Self.progress) ?? "starting"
            if news != said { Console.complain(news) }
            said = news
            guard ContinuousClock.now - start < timeout else {
                for trouble in status?.problems ?? [] { Console.complain("\(trouble.found)\n  > \(trouble.advice)") }
                throw CodedError(
                    "not-ready",
                    "this machine is not wholly in the mesh after \(DurationText.format(timeout)); the agent goes on trying")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func status(of control: ControlOptions) async -> AgentStatus? {
        guard control.isAnswering, let client = try? control.client() else { return nil }
        return try? await client.get(AgentPath.status, timeout: .seconds(2), as: AgentStatus.self)
    }

    private static func progress(_ status: AgentStatus) -> String {
        guard let machine = status.machine else {
            return "not registered yet" + (status.coordinator.lastError.map { ": \($0)" } ?? "")
        }
        let wanted = status.peers.filter(\.configured)
        return "\(machine.name) is \(machine.meshAddress), \(wanted.count { $0.path != nil }) of \(wanted.count) peers connected"
    }

    /// Those of this command, for `run`.
    private static func arguments() throws -> [String] {
        let given = Array(CommandLine.arguments.dropFirst())
        var passed = ["run"]
        var rest = given.dropFirst()
        while let next = rest.popFirst() {
            if next == "--timeout" { _ = rest.popFirst() } else if !next.hasPrefix("--timeout=") { passed.append(next) }
        }
        return passed
    }
}

extension AgentStatus {
    /// Whether this machine is in the mesh with all that belongs to it.
    fileprivate var isComplete: Bool {
        machine != nil && coordinator.connected && position != nil && peers.allSatisfy { !$0.configured || $0.path != nil }
            && peers.allSatisfy { $0.state != "not-configured" }
    }
}

/// An agent in a session of its own. Its standard error is read for as long as this process lives, in case it fails; afterwards its
/// log is in its memory alone.
private final class BackgroundAgent: Sendable {
    private let process: ChildProcess
    private let errors: Int32

    struct Ending {
        var code: Int32
        var lastWords: String
    }

    /// - Parameter join: passed on in the environment: arguments are for everybody to read.
    init(arguments: [String], join: JoinToken?) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CodedError("process.pipe", "cannot make a pipe: \(errorText(errno))") }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        errors = ends[0]
        _ = fcntl(errors, F_SETFL, O_NONBLOCK)
        var environment = currentEnvironment()
        var arguments = arguments
        if let join {
            environment["WARREN_JOIN"] = try join.text()
            arguments = Self.withoutToken(arguments)
        }
        process = try ChildProcess.spawn(
            ProcessSpec(
                executable: "/proc/self/exe", arguments: arguments, environment: environment, workingDirectory: "/",
                standardError: ends[1]))
    }

    deinit { close(errors) }

    /// How it ended, if it has.
    func ending() async -> Ending? {
        let words = drain()
        guard let status = process.status else { return nil }
        let last = (words + drain()).split(separator: "\n").last.map(String.init) ?? "the agent ended"
        let text = last.hasPrefix("{") ? LogPrinter.render(last) : last.replacing("exe: ", with: "", maxReplacements: 1)
        guard case .exited(let code) = status else {
            return Ending(code: 1, lastWords: "the agent ended with \(status): \(text)")
        }
        return Ending(code: code == 0 ? 1 : code, lastWords: text)
    }

    /// What it has printed since the last time, the end of it if it is much.
    private func drain() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(errors, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes = (bytes + buffer[..<count]).suffix(65_536)
        }
    }

    private static func withoutToken(_ arguments: [String]) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        while let next = rest.popFirst() {
            if ["--join", "--join-file"].contains(next) {
                _ = rest.popFirst()
            } else if !next.hasPrefix("--join") {
                kept.append(next)
            }
        }
        return kept
    }
}
