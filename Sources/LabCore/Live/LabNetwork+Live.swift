import Basics
import Glibc
import LinuxProcess
import Timing

/// A command that somebody runs on a machine of a living lab.
struct LiveCommand: Sendable {
    /// Program and arguments, at least the program.
    var words: [String]
    /// Where to start; nil: `/`.
    var directory: String?
    var environment: [String: String]
    /// Standard input, output and error.
    var descriptors: [Int32]
    var isTerminal: Bool
}

extension LabNetwork {
    /// What the lab knows of its machines without asking their programs.
    func liveMachines() -> [LiveStatus.Machine] {
        allMachines.compactMap { name in
            guard let machine = machines[name] else { return nil }
            let services = book.order.filter { book.runs($0, on: name) }.map { service in
                let running = machine.services[service]
                return LiveStatus.Service(
                    name: service, isRunning: running != nil, isPaused: running?.isPaused ?? false,
                    pid: running.flatMap { Self.innermost($0.process.pid) },
                    uptime: running.map { Self.tenths((MonotonicTime.now - $0.startedAt).inSeconds) })
            }
            return LiveStatus.Machine(
                name: name, isOn: machine.isRunning, underlay: "\(machine.underlayAddress)", mesh: nil, services: services,
                peers: nil)
        }
    }

    /// A machine that somebody has named.
    ///
    /// - Throws: `machine.unknown`.
    func known(_ name: String) throws(CodedError) -> Machine {
        guard let machine = machines[name] else {
            let hint = NearestWord.to(name, among: allMachines).map { " Did you mean \"\($0)\"?" } ?? ""
            throw CodedError(
                "machine.unknown", "there is no machine \"\(name)\".\(hint) Known: \(allMachines.joined(separator: ", "))")
        }
        return machine
    }

    /// Starts a command on a machine.
    func start(_ command: LiveCommand, on name: String) throws(CodedError) -> ChildProcess {
        guard let entry = try known(name).namespaces?.entry else {
            throw CodedError("machine.off", "machine \(name) is off; \"lab fault boot \(name)\" switches it on")
        }
        guard let program = command.words.first, command.descriptors.count == 3 else {
            throw CodedError("live.protocol", "a command needs a program and three descriptors")
        }
        let place = Self.place(command.directory)
        let executable: String
        if program.contains("/") {
            executable = program.hasPrefix("/") ? program : "\(place)/\(program)"
        } else if let own = programs.own(program) {
            executable = own
        } else {
            executable = try Self.absolute(program)
        }
        var spec = ProcessSpec(
            executable: executable,
            arguments: Array(command.words.dropFirst()),
            environment: programs.inPath(ServiceEnvironment.base.merging(command.environment) { $1 }), workingDirectory: place,
            standardInput: command.descriptors[0], standardOutput: command.descriptors[1],
            standardError: command.descriptors[2], namespacesOf: entry)
        spec.takesTerminal = command.isTerminal
        return try ChildProcess.spawn(spec)
    }

    /// The caller's folder, where a machine has the same one: `/run` and `/proc` are its own.
    private static func place(_ directory: String?) -> String {
        guard let directory, directory.hasPrefix("/"), access(directory, X_OK) == 0 else { return "/" }
        let isOwn = ["/run", "/proc"].contains { directory == $0 || directory.hasPrefix("\($0)/") }
        return isOwn ? "/" : directory
    }

    /// A process's number in the innermost PID namespace that it is in (proc(5), NSpid).
    private static func innermost(_ pid: Int32) -> Int32? {
        guard let file = fopen("/proc/\(pid)/status", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("NSpid:") { return text.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) } }
        }
        return nil
    }

    private static func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
}
