import Basics
import Glibc
import LabCore
import LinuxProcess
import Synchronization

/// The run of a demo: what it tells, and what can be asked of it.
final class DemoPlay: Sendable {
    /// What the run tells, and what the presenter does.
    enum Input: Sendable {
        case event(StoryEvent)
        /// A line that is no event: what a program had to say.
        case line(String)
        /// Bytes from the presenter's keyboard, or of a pipe.
        case typed([UInt8])
        case typedAll
        case tick
        /// What an act of the presenter came to; nil: only that it is over.
        case acted(String?)
        /// The run could not be told to go on.
        case stuck(String)
        /// The run is over, with this exit code.
        case over(Int32)
    }

    private let process: ChildProcess
    private let channel: SupervisorChannel
    private let events: DescriptorSocket
    private let toldBy: DescriptorSocket
    /// The name of the lab that the run can be reached by.
    private let name: Mutex<String>

    /// Starts it.
    init(_ planned: PlannedRun, folder: String) throws(CodedError) {
        let name = LabName.fitting(planned)
        let options = try InsideOptions(planned, output: folder, form: .json, stay: .demo, name: name)
        (events, toldBy) = try DescriptorSocket.pair()
        let started = try Supervisor.start(options, anyName: true, output: toldBy.descriptor, errors: toldBy.descriptor)
        process = started.process
        channel = started.channel
        self.name = Mutex(name)
    }

    /// Hands on what the run tells until it is over.
    func follow(_ take: @escaping @Sendable (Input) -> Void) async {
        let reader = Task { [events] in
            await OwnThread.run {
                LineReader.forEachLine(of: events.descriptor) { line in
                    take(StoryEvent(line: line).map { .event($0) } ?? .line(line))
                }
            }
        }
        var code: Int32?
        while let news = await channel.news() {
            if let other = news.name { name.withLock { $0 = other } }
            if let error = news.error { take(.line(error)) }
            if news.code != 0 { code = news.code }
        }
        let status = await process.wait(within: .seconds(60))
        if status == nil { process.signal(SIGKILL) }
        toldBy.shutDown()
        await reader.value
        take(.over(status.flatMap(RunEnd.code) ?? code ?? 3))
    }

    /// Lets it go on.
    func proceed() async throws { _ = try await client().ask(LiveRequest(.proceed)) }

    /// Ends it, with a report of how far it came; a second time, at once.
    func interrupt(_ signal: Int32) { process.signal(signal) }

    /// Carries out a step.
    ///
    /// - Returns: what came of it, a line for each.
    func carryOut(_ step: String) async throws -> [String] {
        var request = LiveRequest(.step)
        request.step = step
        let answer = try await client().ask(request, within: .seconds(60))
        let failed = (answer.results ?? []).filter { $0.outcome != .pass }
        return ["done: \(answer.said ?? "")"] + failed.map { "\($0.title): \($0.detail)" }
    }

    /// Sends a message over the mesh.
    ///
    /// - Returns: what the messenger says of it.
    func send(from: String, to: String, text: String) async throws -> String {
        let (reading, writing) = try DescriptorSocket.pair()
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        let remote = RemoteCommand(
            client: try client(), machine: from, words: ["warren-messenger", "send", to, text],
            descriptors: [nothing, writing.descriptor, writing.descriptor], isTerminal: false)
        try await remote.start()
        let code = try await remote.finish()
        writing.shutDown()
        let said = Mutex([String]())
        await OwnThread.run { LineReader.forEachLine(of: reading.descriptor) { line in said.withLock { $0.append(line) } } }
        let lines = said.withLock { $0 }
        return "\(from) → \(to) \"\(text)\": \(lines.joined(separator: " "))\(code == 0 ? "" : " (exit code \(code))")"
    }

    private func client() throws(CodedError) -> LiveClient { try LiveClient(name.withLock { $0 }) }
}
