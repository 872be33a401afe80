import ArgumentParser
import Basics
import FoundationEssentials
import LabCore
import LinuxProcess
import Namespaces
import ScenarioModel

/// What the outer process hands to the one inside the namespaces, as command-line arguments. Not for people.
struct InsideOptions: ParsableArguments, Sendable {
    /// What becomes of the machines.
    enum Stay: String, ExpressibleByArgument, Sendable {
        /// They go when the scenario is over.
        case never
        /// They stay if the scenario fails.
        case onFailure = "on-failure"
        /// No step is carried out: everything is started, and stays.
        case up
        /// The steps are carried out, and everything stays.
        case steps
    }

    /// The evidence folder, which holds the scenario.
    @Option var output: String
    @Option var seed: UInt64
    @Option(name: .customLong("set")) var settings: [String] = []
    @Option var form = "text"
    @Option var sabotage: String?
    @Option var stay = Stay.never
    /// The lab's name, if it may stay.
    @Option var name: String?

    /// Where the scenario's text lies in the evidence folder.
    static let scenarioFile = "scenario.json"

    init() {}

    /// Writes the scenario into the evidence folder, so that it is read once and is part of the evidence.
    init(_ run: PlannedRun, output: String, form: StoryForm, sabotage: String? = nil, stay: Stay = .never, name: String? = nil)
        throws(CodedError)
    {
        self.output = output
        seed = run.scenario.seed
        settings = run.settings
        self.form = form.rawValue
        self.sabotage = sabotage
        self.stay = stay
        self.name = name
        let path = "\(output)/\(Self.scenarioFile)"
        do {
            try Data(run.text.utf8).write(to: URL(filePath: path))
        } catch {
            throw CodedError("output", "cannot write \(path)", cause: error)
        }
    }

    var arguments: [String] {
        var words = ["--output", output, "--seed", "\(seed)", "--form", form, "--stay", stay.rawValue]
        for setting in settings { words += ["--set=\(setting)"] }
        if let sabotage { words += ["--sabotage", sabotage] }
        if let name { words += ["--name", name] }
        return words
    }

    /// The scenario that the outer process has checked.
    func scenario() throws -> Scenario {
        let values = settings.map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) }
        let path = "\(output)/\(Self.scenarioFile)"
        return try Scenario(
            parsing: try ScenarioSource.read(path), file: path, seed: seed,
            settings: Dictionary(values.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first })
    }

    /// Runs the inside in private namespaces, on the calling thread, until it ends.
    ///
    /// - Parameter listener: the control socket, for machines that may stay.
    func isolate(_ descriptors: Isolation.Descriptors, listener: Int32? = nil) throws(CodedError) -> Isolation.End {
        var environment = currentEnvironment()
        if Isolation.needsUserNamespace { environment["WARREN_LAB_ROOTLESS"] = "1" }
        environment[CaughtSignals.environmentName] = "1"
        environment["WARREN_BIN"] = ProgramFolder.path
        var descriptors = descriptors
        descriptors.inherited = listener
        return try Isolation.run(
            executable: ProgramFolder.own,
            arguments: ["run-inside"] + arguments + (listener.map { ["--listener", "\($0)"] } ?? []), environment: environment,
            mounts: [.proc, .tmpfs(at: "/run", size: "50%")], descriptors: descriptors)
    }
}
