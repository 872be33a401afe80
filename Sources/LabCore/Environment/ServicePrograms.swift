import Glibc
import LinuxProcess
import ScenarioModel

/// The programs that a scenario's own services need on this computer.
public enum ServicePrograms {
    /// In which Debian package a program is.
    private static let packageOf = [
        "nebula": "nebula", "nebula-cert": "nebula", "tincd": "tinc", "wireguard-go": "wireguard-go", "wg": "wireguard-tools",
        "ping": "iputils-ping", "iperf3": "iperf3", "openvpn": "openvpn",
    ]

    /// What is missing, and what to install; nil: nothing is.
    ///
    /// A path below `/run` belongs to the machine and may come into being during the run; templates are filled in then, too.
    ///
    /// - Parameter find: the path of a program that is given by its name or path; nil: there is none.
    public static func complaint(
        _ scenario: Scenario, find: (String) -> String? = { Self.path(of: $0) }
    ) -> String? {
        let missing = names(scenario).filter { find($0) == nil }
        guard !missing.isEmpty else { return nil }
        let packages = missing.compactMap { packageOf[$0] }
        let known = Set(packages).sorted().joined(separator: " ")
        let advice =
            packages.count == missing.count
            ? "install with \"apt-get install --no-install-recommends \(known)\""
            : "install the package that holds \(missing.count == 1 ? "it" : "each")"
                + (known.isEmpty ? "" : "; of them \"apt-get install --no-install-recommends \(known)\" brings some")
        return "\(missing.joined(separator: " and ")) \(missing.count == 1 ? "is" : "are") missing: \(advice)"
    }

    /// The programs of services and their preparations, each once, in the order of the file.
    private static func names(_ scenario: Scenario) -> [String] {
        guard case .commands(let system) = scenario.system else { return [] }
        var names: [String] = []
        let commands = system.services.flatMap { [$0.command] + $0.prepare }
        for name in commands.compactMap(\.first) where !name.contains("${") && !name.hasPrefix("/run/") {
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Where a program is that is given by its path, or by a name in PATH.
    public static func path(of program: String) -> String? {
        guard program.hasPrefix("/") else { return findExecutable(program) }
        return access(program, X_OK) == 0 ? program : nil
    }
}
