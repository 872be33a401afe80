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
        /// Nothing stays, but the run pauses at marks, and takes commands meanwhile.
        case demo
    }

    /// The evidence folder, which holds the scenario.
    @Option var output: String
    @Option var form = "text"
    @Option var sabotage: String?
    @Option var stay = Stay.never
    /// The lab's name, if it may stay.
    @Option var name: String?

    /// Where the resolved scenario lies in the evidence folder.
    static let scenarioFile = "schedule.json"

    init() {}

    /// Writes the scenario into the evidence folder with everything in it resolved: that is what runs, and what can be run again.
    init(_ run: PlannedRun, output: String, form: StoryForm, sabotage: String? = nil, stay: Stay = .never, name: String? = nil)
        throws(CodedError)
    {
        self.output = output
        self.form = form.rawValue
        self.sabotage = sabotage
        self.stay = stay
        self.name = name
        let path = "\(output)/\(Self.scenarioFile)"
        do {
            try Data(run.scenario.json().utf8).write(to: URL(filePath: path))
        } catch {
            throw CodedError("output", "cannot write \(path)", cause: error)
        }
    }

    var arguments: [String] {
        var words = ["--output", output, "--form", form, "--stay", stay.rawValue]
        if let sabotage { words += ["--sabotage", sabotage] }
        if let name { words += ["--name", name] }
        return words
    }

    /// The scenario that the outer process has checked.
    func scenario() throws -> Scenario {
        let path = "\(output)/\(Self.scenarioFile)"
        return try Scenario(parsing: try ScenarioSource.read(path), file: path)
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
