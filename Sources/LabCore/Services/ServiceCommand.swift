import Basics
import Glibc
import LinuxProcess
import MeshModel

/// How a service is started on one machine, and how it is asked to end.
struct ServiceCommand: Sendable {
    /// Absolute path, or a name that is found in PATH.
    let executable: String
    let arguments: [String]
    var environment: [String: String] = [:]
    /// Written before each start: path on the machine to text.
    var files: [String: String] = [:]
    /// Run to their end before the first start on the machine.
    var prepare: [[String]] = []
    var stopSignal = SIGTERM
    /// Exit codes of a good end.
    var goodCodes: [Int32] = [0]
    /// A socket on the machine that is there as soon as the service hears what it is told; nil: at once.
    var readySocket: String?

    /// Whether a process that was asked to end has ended well.
    func isGood(_ status: ExitStatus) -> Bool {
        switch status {
        case .exited(let code): goodCodes.contains(code)
        // Warren's programs end with a code; others may leave the signal to the kernel.
        case .signaled(let number): number == stopSignal && readySocket == nil
        }
    }
}

/// What a template may say of a machine.
struct MachineFacts: Sendable, Hashable {
    var name: String
    /// From 1, in the order of the file.
    var number: Int
    var underlay: IPAddress
}

/// Texts with `${machine.…}` in them.
enum Template {
    static func fill(_ text: String, _ facts: MachineFacts) -> String {
        guard text.contains("${machine.") else { return text }
        return text.replacing("${machine.name}", with: facts.name).replacing("${machine.number}", with: "\(facts.number)")
            .replacing("${machine.underlay}", with: "\(facts.underlay)")
    }
}
