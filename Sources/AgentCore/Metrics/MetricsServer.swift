import Basics
import ControlProtocol
import HTTPServing
import Hummingbird
import HummingbirdCore
import Logging
import MeshModel
import NIOCore
import Observability

/// `GET /metrics` on a TCP address, for Prometheus. Nothing else is served there.
struct MetricsServer: Sendable {
    /// Nil: not at all.
    let address: Endpoint?
    let logger: Logger
    let metrics: @Sendable () async -> String

    /// Serves until the task is cancelled.
    ///
    /// - Throws: `CodedError` with code `metrics-address`.
    func run() async throws {
        guard let address else {
            await WakeSignal().wait()
            return
        }
        var quiet = logger
        quiet.logLevel = .critical
        let router = Router()
        router.add(middleware: ProblemMiddleware())
        router.get("\(AgentPath.metrics)") { _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusText.mediaType],
                body: .init(byteBuffer: ByteBuffer(string: await metrics())))
        }
        let application = Application(
            router: router, server: .safe(idleTime: .seconds(30)),
            configuration: .init(address: .hostname("\(address.address)", port: Int(address.port))),
            onServerRunning: { _ in
                logger.event("metrics-listening", "metrics are served", ["listen": "\(address)"])
            }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw CodedError("metrics-address", "metrics cannot be served on \(address)", cause: error)
        }
    }
}
