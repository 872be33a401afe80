import Basics
import Glibc
import LabReport
import LinuxProcess
import PacketCapture
import ScenarioModel
import Timing

/// A lab that stays up, and does what commands ask of it.
public actor LiveLab {
    let name: String
    let scenario: Scenario
    let run: ScenarioRun
    let start = MonotonicTime.now
    var state = LiveHello.State.starting
    /// Set once: why the lab ends.
    private let ending = OneShot<Ending>()
    /// Set once: how it ended.
    private let ended = OneShot<[Report.CheckResult]>()
    /// Set once the command that asked for the end knows how it went.
    private let told = OneShot<Bool>()
    /// Commands that people run on machines.
    var commands: [ObjectIdentifier: ChildProcess] = [:]
    /// Captures that people watch.
    var captures: [ObjectIdentifier: FrameStream] = [:]
    private(set) var stepCount = 0
    /// Steps are carried out one after the other.
    private(set) var lastStep: Task<Void, Never>?
    /// Set when the run may go on that pauses at a mark.
    var curtain: OneShot<Bool>?

    private enum Ending: Sendable {
        case asked
        case signaled
    }

    public init(name: String, scenario: Scenario, run: ScenarioRun) {
        self.name = name
        self.scenario = scenario
        self.run = run
    }

    /// Starts everything and waits until it has come together.
    public func bringUp() async throws { try await run.bringUp() }

    /// Carries out the scenario's steps; the machines stay as they then are.
    ///
    /// - Returns: what the checks amount to.
    public func carryOutSteps() async throws -> Outcome { try await run.carryOutSteps() }

    /// Stays until somebody asks for the end, and then ends everything gracefully.
    ///
    /// - Parameters:
    ///   - interruption: set when a signal asks for the end.
    ///   - isKept: whether this is what a failed run left; its report stays as it is.
    public func stay(until interruption: OneShot<String>, isKept: Bool) async {
        state = isKept ? .kept : .up
        let watcher = Task { [ending] in
            if await interruption.value() != nil { ending.set(.signaled) }
        }
        let reason = await ending.value()
        watcher.cancel()
        state = .stopping
        await endCommands()
        await endCaptures()
        ended.set(await run.finish(writesReport: !isKept))
        if reason == .asked { _ = await told.value(within: .seconds(2)) }
    }

    /// Serves one connection.
    public func serve(_ connection: LiveConnection) async {
        guard let (request, descriptors) = await connection.request() else { return }
        defer { for descriptor in descriptors { close(descriptor) } }
        do {
            if request.request == .hello { return connection.answer { $0.hello = hello } }
            try checkReadiness(for: request.request)
            connection.waitForEver()
            switch request.request {
            case .hello, .signal: throw CodedError("live.protocol", "there is nothing to signal yet")
            case .status:
                let status = await status()
                connection.answer { $0.status = status }
            case .exec: try await execute(request, descriptors, connection)
            case .capture: try await capture(request, descriptors, connection)
            case .step:
                let (said, results) = try await step(request.step ?? "")
                connection.answer {
                    $0.said = said
                    $0.results = results
                }
            case .proceed:
                curtain?.set(true)
                connection.answer { $0.said = "" }
            case .down:
                ending.set(.asked)
                let results = await ended.value(within: .seconds(60))
                connection.answer { $0.results = results }
                told.set(true)
            }
        } catch let error as ScenarioError {
            connection.fail(CodedError("step.bad", "\(error)"))
        } catch {
            connection.fail(error)
        }
    }

    var hello: LiveHello {
        LiveHello(
            name: name, state: state, scenario: scenario.name, title: scenario.title, output: run.folder,
            machines: run.network.allMachines, age: ((MonotonicTime.now - start).inSeconds * 10).rounded() / 10,
            version: Version.current)
    }

    private func status() async -> LiveStatus {
        async let reachability = run.reachability(within: .seconds(1))
        let machines = await run.describe(await run.network.liveMachines())
        return LiveStatus(
            lab: hello, machines: machines, faults: await run.network.liveFaults(),
            unexpectedEnds: await run.network.unexpectedEnds, reachability: await reachability)
    }

    private func step(_ text: String) async throws -> (said: String, results: [Report.CheckResult]) {
        stepCount += 1
        let id = "live-\(stepCount)"
        let before = lastStep
        let work = Task { [run] in
            await before?.value
            return try await run.carryOutLive(text, id: id)
        }
        lastStep = Task { _ = try? await work.value }
        return try await work.value
    }
}
