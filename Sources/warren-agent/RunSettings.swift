import AgentCore
import ArgumentParser
import Basics
import ControlProtocol
import Glibc
import MeshModel
import Synchronization

/// Where the join token comes from.
struct JoinOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The join token itself; other users of this machine can read it.", valueName: "TOKEN"))
    var join: String?

    @Option(help: ArgumentHelp("A file that holds the join token; \"-\" is standard input.", valueName: "FILE"))
    var joinFile: String?

    /// The environment variable that may hold the token.
    static let variable = "WARREN_JOIN"

    /// The token: from the flag, the file or the environment, in this order; nil if none of them is there.
    func token() throws -> JoinToken? {
        guard join == nil || joinFile == nil else { throw ValidationError("--join and --join-file exclude each other") }
        if let join { return try read(join, from: "--join") }
        if let joinFile { return try read(try Self.content(of: joinFile), from: "--join-file \(joinFile)") }
        guard let text = getenv(Self.variable).map({ String(cString: $0) }), !text.isEmpty else { return nil }
        return try read(text, from: Self.variable)
    }

    private func read(_ text: String, from source: String) throws -> JoinToken {
        do {
            return try JoinToken(parsing: text)
        } catch {
            throw ValidationError("\(source): \(error.message)")
        }
    }

    /// A little more than the longest token is enough to tell that a file holds something else.
    private static func content(of path: String) throws -> String {
        guard path == "-" else { return try read(path) }
        // It can be read once, and is asked for when the options are checked, too.
        return try standardInput.withLock { known in
            if let known { return known }
            let text = try read(path)
            known = text
            return text
        }
    }

    private static let standardInput = Mutex<String?>(nil)

    private static func read(_ path: String) throws -> String {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ValidationError("--join-file \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: JoinToken.lengthLimit + 64)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw ValidationError("--join-file \(path): \(String(cString: strerror(errno)))") }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension Run {
    func validate() throws { _ = try settings() }

    /// The settings that the flags name.
    ///
    /// - Throws: `ValidationError` that names the flag, what was found and what is allowed.
    func settings() throws -> AgentSettings {
        guard listenPort > 0 else { throw ValidationError("--listen-port is 0; allowed are 1 to 65535") }
        guard AgentSettings.isPossible(interface: interface) else {
            throw ValidationError(
                "--interface is \"\(interface)\"; allowed are 1 to 15 visible ASCII characters other than \"/\" and \":\"")
        }
        for (flag, path) in [("--state", stateDirectory), ("--run-dir", control.runDirectory)] where path.isEmpty {
            throw ValidationError("\(flag) is empty; a directory is needed")
        }
        guard endpoints.count <= RegistrationRequest.endpointLimit else {
            throw ValidationError("--endpoint is given \(endpoints.count) times; at most \(RegistrationRequest.endpointLimit)")
        }
        if let mtu, !AgentSettings.allowedMTU.contains(mtu) {
            throw ValidationError(
                "--mtu is \(mtu); allowed are \(AgentSettings.allowedMTU.lowerBound) to \(AgentSettings.allowedMTU.upperBound)")
        }
        return AgentSettings(
            stateDirectory: stateDirectory, runDirectory: control.runDirectory, join: try joining.token(),
            name: try machineName(),
            interface: interface, listenPort: listenPort, backend: backend,
            endpoints: try endpoints.map { text in
                guard let endpoint = Endpoint(text) else {
                    throw ValidationError(
                        "--endpoint is \"\(text)\"; allowed is an address with a port: 192.0.2.1:51820 or [2001:db8::1]:51820")
                }
                return endpoint
            }, mtu: mtu, hostsFile: try hostsPath(), metrics: try metricsAddress())
    }

    private func hostsPath() throws -> String? {
        guard hostsFile != "none" else { return nil }
        guard hostsFile.hasPrefix("/") else {
            throw ValidationError("--hosts-file is \"\(hostsFile)\"; allowed is an absolute path, or none")
        }
        return hostsFile
    }

    private func metricsAddress() throws -> Endpoint? {
        guard let metrics else { return nil }
        guard let address = Endpoint(metrics) else {
            throw ValidationError(
                "--metrics is \"\(metrics)\"; allowed is an address of this machine with a port: 127.0.0.1:7402 or [::1]:7402")
        }
        return address
    }

    private func machineName() throws -> MachineName {
        if let name {
            guard let machineName = MachineName(name) else {
                throw ValidationError("--name is \"\(name)\"; allowed are \(MachineName.allowed)")
            }
            return machineName
        }
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let machineName = MachineName(String(host.prefix { $0 != "." }).lowercased()) else {
            throw ValidationError("this machine's host name, \"\(host)\", is not possible as a name: give it one with --name")
        }
        return machineName
    }
}
