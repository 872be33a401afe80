import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LabReport
import LinuxProcess
import Timing

/// `lab down`: the end of a living lab.
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a living lab down.",
        discussion: """
            Ends it as a scenario ends: all faults are healed, every service is asked to end and must leave nothing behind. What came \
            of that is printed; if something did not end well, the exit code is 1.

            EXAMPLES
              lab down
              lab down ten
              lab down --all
              lab down --now          at once, asking nobody
            """)

    @Argument(
        help: "The labs; may be left out if only one is up.", completion: .custom { _, _, _ in (try? LiveFolder.names()) ?? [] })
    var names: [String] = []

    @Flag(help: "All labs of this user.")
    var all = false

    @Flag(help: "Kill it: the kernel takes everything with it, nothing is asked to end.")
    var now = false

    func validate() throws {
        if all, !names.isEmpty { throw ValidationError("--all and names: choose one") }
    }

    func run() async throws {
        let chosen = try LiveCommand.orExit { () throws -> [LiveClient] in
            if all { return try LiveFolder.names().map { try LiveClient($0) } }
            return names.isEmpty ? [try LiveClient.choose(nil)] : try names.map { try LiveClient($0) }
        }
        if chosen.isEmpty { print("no lab is up") }
        var worst: Int32 = 0
        for client in chosen {
            do {
                worst = RunEnd.worse(worst, now ? try await kill(client) : try await end(client))
            } catch {
                worst = RunEnd.worse(worst, LiveCommand.failure(error).rawValue)
            }
        }
        if worst != 0 { throw ExitCode(worst) }
    }

    private func end(_ client: LiveClient) async throws -> Int32 {
        let watch = try client.supervisor.map { pid throws(CodedError) in try ProcessWatch(pid: pid) }
        let results = try await client.ask(LiveRequest(.down), within: .seconds(90)).results ?? []
        for result in results { ResultText.show(result) }
        guard await watch?.waitForExit(within: .seconds(30)) ?? true else {
            throw CodedError(
                "lab.stuck", "the lab \"\(client.name)\" has ended, but its supervisor has not; \"lab down --now\" kills it")
        }
        print("the lab \"\(client.name)\" is down")
        return Report.outcome(of: results) == .pass ? 0 : 1
    }

    private func kill(_ client: LiveClient) async throws -> Int32 {
        guard let pid = client.supervisor else { throw CodedError("lab.gone", "the lab \"\(client.name)\" has ended") }
        let watch = try ProcessWatch(pid: pid)
        watch.signal(SIGKILL)
        // The lab's own end of the connection closes when its PID 1 is dead.
        let isGone = await bounded(within: .seconds(10)) { (try? await client.answer(within: nil)) == nil }
        guard await watch.waitForExit(within: .seconds(10)), isGone == true else {
            throw CodedError("lab.stuck", "the lab \"\(client.name)\" was killed, but is still there after 10 s")
        }
        _ = try LiveFolder.names()
        print("the lab \"\(client.name)\" was killed")
        return 0
    }
}

/// Results of checks, as commands for living labs print them.
enum ResultText {
    static func show(_ result: Report.CheckResult) {
        let word =
            switch result.outcome {
            case .pass: "PASS"
            case .fail: "FAIL"
            case .inconclusive: "????"
            case .skipped: "SKIP"
            case .error: "ERR "
            }
        let bound = result.bound.map { " of \(StoryText.fixed($0, 1)) s" } ?? ""
        print(
            "\(word)  \(result.title.isEmpty ? result.id : result.title): \(result.detail) (\(StoryText.fixed(result.seconds, 2)) s\(bound))"
        )
    }
}
