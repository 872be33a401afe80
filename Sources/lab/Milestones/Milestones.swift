import ArgumentParser
import Basics
import CommandSupport
import FoundationEssentials
import Glibc
import LabCore
import LabReport
import LinuxProcess
import MilestoneModel
import Timing

/// `lab milestones`: the thirteen weeks of the plan, their documents and claims, checked.
struct Milestones: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "milestones",
        abstract: "Check the thirteen milestones: documents, claims and what runs.",
        discussion: """
            Each week owes an artifact that runs, Scenarios/week-NN.json, and documents; its page, docs/milestones/week-NN.md, states \
            claims. First documents are held against scenarios and programs: every claim is answered by a check and every \
            check's claim is stated, every document and every section that a link names is there, and every marked number is the \
            program's default. What is wrong is told as FILE:LINE: message, and nothing is run. Then the scenarios that the weeks need run, each once.

            Prints a table week by week. The folder of the results holds milestones.json, milestones.html, junit.xml, and the \
            evidence of each run in a folder of its own.

            EXAMPLES
              lab milestones                       all thirteen
              lab milestones --week 8 --week 9     two of them
              lab milestones --documents-only      run nothing
              lab milestones --output /tmp/graded --jobs 4
              lab milestones --json | tail -n 1 | jq '.results.weeks[] | {week, outcome}'

            EXIT CODES
              0   all that were asked for hold
              1   a claim does not hold, or documents, scenarios and programs contradict one another
              2   something could not be shown; nothing failed
              3   the environment lacks what every run needs
              64  bad usage or a scenario that cannot be read
              130 interrupted
            """)

    @Option(name: .customLong("week"), help: ArgumentHelp("Check this week only; repeatable.", valueName: "1-13"))
    var weeks: [Int] = []

    @Option(
        help: "Folder for the results; must be new or empty. Otherwise a fresh one under lab-results/.", completion: .directory)
    var output: String?

    @Option(help: "How many runs go on at once.")
    var jobs = LabDefaults.milestoneJobs

    @Flag(help: "Look at the documents, and run nothing.")
    var documentsOnly = false

    @Flag(
        help: "Put lines of the logs of the runs that pass into the excerpts that documents have, instead of what stands there.")
    var writeExcerpts = false

    @Flag(help: "Print one JSON object a line on standard output: what happens as it happens, and the results at the end.")
    var json = false

    func validate() throws {
        if let bad = weeks.first(where: { !(1...13).contains($0) }) { throw ValidationError("--week \(bad): expected 1 to 13") }
        if !(1...256).contains(jobs) { throw ValidationError("--jobs \(jobs): expected 1 to 256") }
        if documentsOnly, output != nil || writeExcerpts {
            throw ValidationError("--documents-only runs nothing: leave out --output and --write-excerpts")
        }
    }

    func run() async throws {
        let startedAt = WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        let start = MonotonicTime.now
        try Failure.orExit(3) { _ = try Programs.find(in: ProgramFolder.path) }
        let project: ProjectDocuments
        do { project = try await ProjectDocuments.read() } catch let error as CodedError {
            throw Failure.report(error, error.code == "milestones.defaults" ? 3 : 64)
        } catch { throw Failure.report(error, 64) }

        let complaints = project.review.complaints(withExcerpts: !writeExcerpts)
        if !complaints.isEmpty { throw refuse(complaints) }
        guard !documentsOnly else { return try tellDocuments(project) }

        try Failure.orExit(3) { try Kernel.checkDevices() }
        let folder = try Failure.orExit(3) { try OutputFolder.make(output, scenario: "milestones", several: false) }
        let runs = MilestoneRuns(project: project, weeks: Set(weeks.isEmpty ? Array(1...13) : weeks), output: folder)
        let outcomes = try await runs.carryOut(jobs: jobs, form: json ? .json : .quiet)
        let results = runs.results(
            outcomes, complaints: [], startedAt: startedAt, seconds: (MonotonicTime.now - start).inSeconds)
        try Failure.orExit(3) { try results.write(to: folder) }
        try tell(results, folder)
        if writeExcerpts { try Failure.orExit(3) { try Excerpts.write(project, outcomes.filter { $0.exit == 0 }) } }
        if let interrupted = outcomes.first(where: { $0.exit >= 128 }) { throw ExitCode(interrupted.exit) }
        if results.exitCode != 0 { throw ExitCode(results.exitCode) }
    }

    /// Documents, scenarios and programs contradict one another.
    private func refuse(_ complaints: [Complaint]) -> ExitCode {
        for complaint in complaints.prefix(200) {
            var line = "\(complaint)\n"
            line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
        }
        let count = complaints.count
        Console.complain("\(count) \(count == 1 ? "thing is" : "things are") wrong with the documents; nothing was run")
        return ExitCode(1)
    }

    private func tellDocuments(_ project: ProjectDocuments) throws {
        let review = project.review
        let count = DocumentCount(
            documents: review.documents.count, claims: review.claims.count,
            checks: review.catalogue.flatMap(\.checks).count { !$0.claims.isEmpty }, numbers: review.defaults.count)
        guard !json else { return try Console.printJSON(count) }
        print(
            "documents: \(count.documents) with \(count.claims) claims, answered by \(count.checks) checks; \(count.numbers) defaults are as stated"
        )
    }

    private func tell(_ results: MilestoneResults, _ folder: String) throws {
        guard !json else { return try Console.printJSON(ResultsLine(output: folder, results: results)) }
        let isStyled = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
        print("\n" + MilestonesText(results: results, isStyled: isStyled).text, terminator: "")
        print("results: \(folder)/milestones.html")
    }

    private struct DocumentCount: Encodable {
        var event = "documents"
        var documents: Int
        var claims: Int
        var checks: Int
        var numbers: Int
    }

    private struct ResultsLine: Encodable {
        var event = "milestones"
        var output: String
        var results: MilestoneResults
    }
}
