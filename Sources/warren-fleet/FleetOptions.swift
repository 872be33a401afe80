import ArgumentParser
import Basics
import ControlProtocol
import MeshModel
import NIOCore
import NIOPosix
import NIOSSL

/// Where the coordinator is, and how to get in.
struct FleetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The coordinator's address: http or https, an IP address, a port.", valueName: "URL"),
        transform: Server.parse)
    var url: Server

    @Option(
        help: ArgumentHelp("A reusable join token, or its secret.", valueName: "TOKEN"), transform: { FleetOptions.secret($0) })
    var token: String

    @Option(help: "Threads of this program.")
    var threads = 2

    /// Names of machines begin so; no two runs against one coordinator share it.
    let namePrefix = "sim-\(RandomBytes.hex(4))"

    enum CodingKeys: CodingKey { case url, token, threads }

    private static func secret(_ text: String) -> String { (try? JoinToken(parsing: text))?.secret ?? text }

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads: expected 1 to 64") }
    }
}

/// The coordinator's address.
struct Server: Sendable {
    let address: SocketAddress
    let host: String
    let tls: NIOSSLContext?

    static func parse(_ text: String) throws -> Server {
        let isSecure = text.hasPrefix("https://")
        let host = String(text.dropFirst(isSecure ? 8 : 7))
        guard isSecure || text.hasPrefix("http://"), let endpoint = Endpoint(host) else {
            throw ValidationError("expected an address such as http://127.0.0.1:7400")
        }
        var context: NIOSSLContext?
        if isSecure {
            var configuration = TLSConfiguration.makeClientConfiguration()
            // Load is made here, nothing is protected.
            configuration.certificateVerification = .none
            context = try NIOSSLContext(configuration: configuration)
        }
        return Server(
            address: try SocketAddress(ipAddress: endpoint.address.description, port: Int(endpoint.port)), host: host,
            tls: context)
    }

    /// On loopback one of several addresses: one alone may not have as many connections as a large fleet needs.
    private var source: SocketAddress? {
        guard address.ipAddress?.hasPrefix("127.") == true else { return nil }
        return try? SocketAddress(ipAddress: "127.0.0.\(Int.random(in: 2...9))", port: 0)
    }

    /// Connects, with these handlers behind those of HTTP.
    func connect(_ loop: any EventLoop, _ handler: some ChannelHandler & Sendable) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
        return (source.map { bootstrap.bind(to: $0) } ?? bootstrap)
            .connectTimeout(.seconds(20))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    if let tls { try operations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
                    try operations.addHTTPClientHandlers()
                    try operations.addHandler(handler)
                }
            }
            .connect(to: address)
    }
}
