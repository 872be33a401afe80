import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import CoordinatorCore
import LocalControl

/// `warren-coordinator token`
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list and revoke join tokens.", subcommands: [TokenCreate.self, TokenListing.self, TokenRevoke.self])
}

/// `warren-coordinator token create`
struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a join token and print the text to paste on the new machine.",
        discussion: """
            The token is a secret: whoever has it can join the mesh. It is shown once; the coordinator keeps a hash only. \
            It carries the fingerprint of the coordinator's certificate, by which the machine knows whom it talks to. \
            Without --reusable it admits one machine, which can register again with the credential it got.

            EXAMPLES
              warren-coordinator token create --url https://192.0.2.1:7400
              warren-coordinator token create --url https://192.0.2.1:7400 --reusable --expires 7d --json
            """)

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "Where machines reach the coordinator, such as https://192.0.2.1:7400; https if it has no scheme.", valueName: "URL"),
        transform: Arguments.url)
    var url: String

    @Flag(help: "Admit any number of machines.")
    var reusable = false

    @Option(help: "How long it is valid: 1s to 365d (default: 24h).", transform: Arguments.duration)
    var expires: Duration?

    @Flag(
        name: .customLong("no-pin"),
        help: "Leave the certificate's fingerprint out: for a proxy in front, or a certificate that every machine trusts.")
    var noPin = false

    @Flag(help: "Print one JSON object: token, id, expiresAt, reusable, pin.")
    var json = false

    func validate() throws {
        if let expires, expires < .seconds(1) { throw ValidationError("--expires must be at least 1s") }
    }

    func run() async throws {
        let seconds = Int((expires ?? TokenRequest.defaultLife).inSeconds)
        let admin = try data.admin()
        let pin = try await pin(of: admin.get(AdminPath.server, as: ServerDescription.self))
        let issued: IssuedToken = try await admin.post(
            AdminPath.tokens, body: TokenRequest(reusable: reusable, expiresInSeconds: seconds))
        let text = try JoinToken(coordinator: url, id: issued.id, secret: issued.secret, pin: pin).text()
        guard json else { return print(text) }
        try Console.printJSON(
            Printed(token: text, id: issued.id, expiresAt: issued.expiresAt, reusable: issued.reusable, pin: pin))
    }

    /// What machines shall know the coordinator by; nil: the URL's name and the roots of their systems.
    private func pin(of server: ServerDescription) throws(CodedError) -> CertificatePin? {
        let isSecure = url.hasPrefix("https://")
        if isSecure, server.scheme == "http" {
            // Whatever speaks TLS there is a proxy, and its certificate is not the coordinator's to know.
            guard noPin else {
                throw CodedError(
                    "scheme-mismatch",
                    "this coordinator serves plain HTTP, and \(url) is https: behind a proxy that speaks TLS give --no-pin, else an http:// URL"
                )
            }
            return nil
        }
        guard isSecure || server.scheme == "http" else {
            throw CodedError(
                "scheme-mismatch", "this coordinator serves HTTPS, and \(url) is not: give https://\(url.dropFirst(7))")
        }
        return noPin || !server.isSelfSigned ? nil : server.pin
    }

    private struct Printed: Encodable {
        let token: String
        let id: String
        let expiresAt: String
        let reusable: Bool
        let pin: CertificatePin?
    }
}

/// `warren-coordinator token list`
struct TokenListing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the join tokens, without their secrets.",
        discussion: """
            EXAMPLES
              warren-coordinator token list
              warren-coordinator token list --json
            """)

    @OptionGroup var data: DataOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let list = try await data.admin().get(AdminPath.tokens, as: TokenList.self)
        if json { return try Console.printJSON(list) }
        Console.printTable(
            ["ID", "STATE", "KIND", "USES", "CREATED", "EXPIRES"],
            list.tokens.map { token in
                [
                    token.id, token.state, token.reusable ? "reusable" : "one machine", "\(token.uses)", token.createdAt,
                    token.expiresAt,
                ]
            })
    }
}

/// `warren-coordinator token revoke`
struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Make a join token invalid. Machines that joined with it stay.",
        discussion: """
            EXAMPLES
              warren-coordinator token revoke t-0123456789ab
            """)

    @Argument(help: ArgumentHelp("The token's id, from \"token list\".", valueName: "ID"))
    var id: String

    @OptionGroup var data: DataOptions

    func validate() throws {
        let isPlain = id.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-") }
        guard isPlain, !id.isEmpty, id.utf8.count <= 64 else {
            throw ValidationError("\"\(id.prefix(80))\" is not a token id: t- and 12 hexadecimal digits")
        }
    }

    func run() async throws {
        try await data.admin().delete(AdminPath.token(id))
        print("\(id) is revoked")
    }
}
