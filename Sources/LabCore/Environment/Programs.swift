import Basics
import Glibc
import LinuxProcess

/// The programs that a run needs, by absolute path.
public struct Programs: Sendable, Hashable {
    public var coordinator: String
    public var agent: String
    public var messenger: String
    public var nft: String

    /// One of Warren's programs by its name: what the lab runs, not what may be installed.
    func own(_ name: String) -> String? { [coordinator, agent, messenger].first { $0.hasSuffix("/\(name)") } }

    /// The environment with the folder of Warren's programs first in `PATH`.
    func inPath(_ environment: [String: String]) -> [String: String] {
        let folder = agent.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        var changed = environment
        changed["PATH"] = "\(folder):\(environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")"
        return changed
    }

    /// Finds Warren's programs in a folder and the system's own where programs usually are.
    ///
    /// - Parameter folder: absolute path of the folder that holds the built programs.
    /// - Throws: `environment.program` with what is missing and what to install.
    public static func find(in folder: String) throws(CodedError) -> Programs {
        func own(_ name: String) throws(CodedError) -> String {
            let path = "\(folder)/\(name)"
            guard access(path, X_OK) == 0 else {
                throw CodedError("environment.program", "\(path) is missing: build Warren's programs first (make build)")
            }
            return path
        }
        func system(_ name: String, package: String) throws(CodedError) -> String {
            guard let path = findExecutable(name) else {
                throw CodedError(
                    "environment.program",
                    "\(name) is missing: install it with \"apt-get install --no-install-recommends \(package)\"")
            }
            return path
        }
        _ = try system("wireguard-go", package: "wireguard-go")
        return Programs(
            coordinator: try own("warren-coordinator"), agent: try own("warren-agent"), messenger: try own("warren-messenger"),
            nft: try system("nft", package: "nftables"))
    }
}
