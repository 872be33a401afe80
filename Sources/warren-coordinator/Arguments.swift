import ArgumentParser
import Basics
import ControlProtocol
import CoordinatorCore
import LocalControl
import MeshModel
import TransportSecurity

/// Reads option values, with errors that say what is allowed.
enum Arguments {
    static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else { throw ValidationError("expected \(DurationText.allowed)") }
        return duration
    }

    static func listen(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else { throw ValidationError("expected \(ListenAddress.allowed)") }
        return address
    }

    static func rate(_ text: String) throws -> Int {
        guard let rate = Int(text), (1...1_000_000).contains(rate) else { throw ValidationError("expected 1 to 1000000") }
        return rate
    }

    static func prefix(_ text: String) throws -> IPPrefix {
        guard let prefix = IPPrefix(text) else {
            throw ValidationError(
                "expected a prefix such as \(CoordinatorSettings.defaultPool), with no bits set beyond its length")
        }
        return prefix
    }

    static func pin(_ text: String) throws -> CertificatePin {
        guard let pin = CertificatePin(text) else {
            throw ValidationError(
                "expected a certificate's pin: sha256// and 32 bytes in base64, from the log or \"token create --json\"")
        }
        return pin
    }

    /// A base URL without path, without a slash at its end; https if it names no scheme.
    static func url(_ text: String) throws -> String {
        let whole = text.contains("://") ? text : "https://\(text)"
        let trimmed = whole.hasSuffix("/") ? String(whole.dropLast()) : whole
        let host = ["http://", "https://"].first { trimmed.hasPrefix($0) }.map { trimmed.dropFirst($0.count) } ?? ""
        let isPlain = host.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard isPlain, host.utf8.count <= 512, ServerPlace(url: trimmed) != nil else {
            throw ValidationError("expected the coordinator's address as machines reach it, such as https://192.0.2.1:7400")
        }
        return trimmed
    }
}

/// Which coordinator a command talks to.
struct DataOptions: ParsableArguments {
    /// Where the coordinator keeps its data, if not told otherwise.
    static let defaultDirectory = "/var/lib/warren/coordinator"

    @Option(name: .customLong("data"), help: ArgumentHelp("Data directory of the coordinator.", valueName: "DIR"))
    var directory = DataOptions.defaultDirectory

    /// The admin socket.
    ///
    /// - Throws: `CodedError` with code `no-coordinator` if nobody listens there, or this user may not connect.
    func admin() throws -> LocalControlClient {
        let socket = AdminPath.socket(in: directory)
        guard AdminSocket.isAnswering(in: directory) else {
            throw CodedError(
                "no-coordinator",
                """
                no coordinator answers on \(socket): start one with "warren-coordinator serve --data \(directory)", name the --data \
                of the one that runs, or become its user
                """)
        }
        return LocalControlClient(socket: socket)
    }
}
