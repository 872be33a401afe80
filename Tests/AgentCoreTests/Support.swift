import Basics
import ControlProtocol
import Glibc
import MeshModel
import Testing
import WireGuardModel

@testable import AgentCore

/// A directory of its own for one test, removed afterwards.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/warren-agent-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CodedError("scratch", String(cString: strerror(errno))) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(directory)
        rmdir(path)
    }

    /// Writes a file as somebody else would.
    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, mode)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        return file
    }

    func mode(of name: String) throws -> mode_t {
        var status = stat()
        try #require(stat("\(path)/\(name)", &status) == 0)
        return status.st_mode & 0o777
    }
}

let token = JoinToken(
    coordinator: "https://192.0.2.1:7400", id: "t1", secret: "the-join-secret",
    pin: CertificatePin(bytes: [UInt8](repeating: 7, count: 32)))

func registration(_ digit: Int = 1) throws -> Registration {
    Registration(
        id: try #require(MachineID("m-000000000000000\(digit)")), name: try #require(MachineName("birch")),
        meshAddress: try #require(IPAddress("100.64.0.\(digit)")), meshPrefix: try #require(IPPrefix("100.64.0.0/10")),
        credential: "the-credential",
        liveness: LivenessSettings(
            heartbeatIntervalMilliseconds: 1_000, suspectAfterMilliseconds: 3_000, unresponsiveAfterMilliseconds: 6_000))
}

func peer(_ digit: Int) throws -> Peer {
    Peer(
        id: try #require(MachineID("m-000000000000000\(digit)")), name: try #require(MachineName("n\(digit)")),
        publicKey: try #require(PublicKey(bytes: [UInt8](repeating: UInt8(digit), count: 32))),
        meshAddress: try #require(IPAddress("100.64.0.\(digit)")), endpoints: [try #require(Endpoint("192.0.2.\(digit):51820"))],
        liveness: .alive)
}
