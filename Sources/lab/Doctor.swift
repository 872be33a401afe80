import ArgumentParser
import Basics
import Fabric
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Namespaces

/// `lab doctor`: what this kernel and this user can do, found out by doing it in private namespaces.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what this kernel and user can do, and what to install or switch on for the rest.",
        discussion: """
            Everything is tried for real, in namespaces that are gone afterwards. Exits with 0 if all that "lab run" needs is there, \
            with 3 otherwise.
            """)

    @Flag(help: "Print JSON.") var json = false
    /// Inside the private namespaces.
    @Flag(help: .hidden) var inside = false

    /// What `--json` prints.
    struct Findings: Codable {
        var kernel: String
        /// Whether this user needs a user namespace for it all.
        var rootless: Bool
        /// Whether all that is needed is there.
        var ready: Bool
        var features: [KernelFeature]

        init(rootless: Bool, features: [KernelFeature]) {
            kernel = Kernel.release
            self.rootless = rootless
            ready = features.allSatisfy { $0.isThere || $0.use == .optional }
            self.features = features
        }
    }

    func run() async throws {
        let findings: Findings
        if inside {
            do {
                let features = try await KernelSurvey().look()
                findings = Findings(rootless: currentEnvironment()["WARREN_LAB_ROOTLESS"] != nil, features: features)
            } catch {
                findings = Findings(rootless: false, features: [.noNamespaces("\(error)")])
            }
        } else {
            guard let unable = try isolate() else { return }
            findings = unable
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(findings), as: UTF8.self))
        } else {
            print(Self.table(findings), terminator: "")
        }
        if !findings.ready { throw ExitCode(3) }
    }

    /// Starts the look in private namespaces, which prints what it finds.
    ///
    /// - Returns: what there is to say if they cannot be had.
    private func isolate() throws -> Findings? {
        var environment = currentEnvironment()
        if Isolation.needsUserNamespace { environment["WARREN_LAB_ROOTLESS"] = "1" }
        let status: ExitStatus
        do throws(CodedError) {
            status = try Isolation.run(
                executable: ProgramFolder.own, arguments: ["doctor", "--inside"] + (json ? ["--json"] : []),
                environment: environment, mounts: [.proc, .tmpfs(at: "/run", size: "64m")]
            ).status
        } catch {
            return Findings(rootless: Isolation.needsUserNamespace, features: [.noNamespaces("\(error)")])
        }
        guard status.isSuccess else { throw ExitCode(3) }
        return nil
    }

    /// For people: what is there, what is not, and what to do about it.
    static func table(_ findings: Findings) -> String {
        var text = "Linux \(findings.kernel)\(findings.rootless ? ", without root" : "")\n\n"
        let width = findings.features.map(\.name.count).max() ?? 0
        func pad(_ word: String, _ width: Int) -> String { word + String(repeating: " ", count: max(0, width - word.count)) }
        for feature in findings.features {
            let mark = feature.isThere ? "yes" : feature.use == .needed ? "MISSING" : "no"
            text += "\(pad(mark, 8))\(pad(feature.name, width + 2))\(feature.purpose)\n"
            guard !feature.isThere else { continue }
            text += "\(pad("", width + 10))\(feature.finding)\n"
            if let remedy = feature.remedy { text += "\(pad("", width + 10))to have it: \(remedy)\n" }
        }
        let missing = findings.features.filter { !$0.isThere && $0.use == .needed }.map(\.name)
        text += "\n"
        text +=
            missing.isEmpty
            ? "All that \"lab run\" needs is there.\n" : "\"lab run\" cannot work without: \(missing.joined(separator: ", "))\n"
        return text
    }
}
