import Basics
import HTTPServing
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// One HTTP server, with errors that say where it could not listen.
struct Listener<Responder: HTTPResponder<APIContext>>: Service {
    let responder: Responder
    let address: BindAddress
    /// The address for people.
    let place: String
    /// Nil: plain HTTP.
    var tls: TLSConfiguration?
    let connections: ConnectionTable
    let limits: ConnectionLimits
    /// Told the status of each answer to what was no request.
    var onRefusal: @Sendable (Int) -> Void = { _ in }
    let logger: Logger
    let onRunning: @Sendable (any Channel) async -> Void

    func run() async throws {
        let (isSecure, connections, limits, onRefusal) = (tls != nil, connections, limits, onRefusal)
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: (isSecure ? [BoundedClosing()] : []) + [
                ConnectionGuard(table: connections, limits: limits, isSecure: isSecure, onRefusal: onRefusal)
            ],
            idleTimeout: TimeAmount(limits.idleTime),
            httpDecoderConfiguration: .init(maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 64))
        let plain = HTTPServerBuilder { SafeChannel(base: HTTP1Channel(responder: $0, configuration: http)) }
        let application = Application(
            responder: responder, server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
            configuration: ApplicationConfiguration(
                address: address, serverName: "warren-coordinator/\(Version.current)", backlog: 1_024,
                availableConnectionsDelegate: .maximum(connections.limit, logger: logger)),
            onServerRunning: onRunning, logger: logger)
        do {
            try await application.run()
        } catch let error where !(error is CancellationError) {
            throw CodedError("cannot-listen", "cannot listen on \(place)", cause: error)
        }
    }
}

/// Runs something until shutdown.
struct Background: Service {
    let work: @Sendable () async -> Void

    init(_ work: @escaping @Sendable () async -> Void) { self.work = work }

    func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }
}

/// Does something when a graceful shutdown begins.
struct OnShutdown: Service {
    let action: @Sendable () async -> Void

    init(_ action: @escaping @Sendable () async -> Void) { self.action = action }

    func run() async throws {
        // A cancelled group takes everything down by itself; there is nothing to prepare then.
        guard (try? await gracefulShutdown()) != nil else { return }
        await action()
    }
}

/// Puts "both APIs accept connections" together.
actor Readiness {
    private let onReady: @Sendable (ListenAddress) async -> Void
    private var address: ListenAddress?
    private var isAdminReady = false

    init(_ onReady: @escaping @Sendable (ListenAddress) async -> Void) { self.onReady = onReady }

    func publicIsReady(_ address: ListenAddress) async {
        self.address = address
        await announce()
    }

    func adminIsReady() async {
        isAdminReady = true
        await announce()
    }

    private func announce() async {
        guard let address, isAdminReady else { return }
        await onReady(address)
    }
}
