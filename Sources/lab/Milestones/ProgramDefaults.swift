import Basics
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess

/// What Warren's programs go by if nobody says otherwise, as they tell it themselves.
enum ProgramDefaults {
    private static let limit = Duration.seconds(20)

    /// By `PROGRAM.NAME`, such as `coordinator.suspect-after`; the lab's own are `lab.…`.
    ///
    /// - Throws: `milestones.defaults` with the program that did not answer.
    static func all() async throws -> [String: ProgramDefault] {
        var all: [String: ProgramDefault] = [:]
        for program in ["coordinator", "agent", "messenger"] {
            for value in try await of("\(ProgramFolder.path)/warren-\(program)") { all["\(program).\(value.name)"] = value }
        }
        for value in LabDefaults.all { all["lab.\(value.name)"] = value }
        return all
    }

    private static func of(_ program: String) async throws -> [ProgramDefault] {
        let (reading, writing) = try DescriptorSocket.pair()
        let process = try ChildProcess.spawn(
            ProcessSpec(executable: program, arguments: ["defaults", "--json"], standardOutput: writing.descriptor))
        let reader = Task {
            await OwnThread.run { () -> String in
                var text = ""
                LineReader.forEachLine(of: reading.descriptor) { text += $0 }
                return text
            }
        }
        let status = await process.wait(within: limit)
        if status == nil { process.signal(SIGKILL) }
        writing.shutDown()
        let text = await reader.value
        guard status?.isSuccess == true,
            let values = try? JSONDecoder().decode([ProgramDefault].self, from: Data(text.utf8))
        else {
            let end = status.map { "\($0)" } ?? "no end within \(DurationText.format(limit))"
            throw CodedError(
                "milestones.defaults",
                "\(program) defaults --json does not tell its defaults (\(end)): build it anew (make build)")
        }
        return values
    }
}
