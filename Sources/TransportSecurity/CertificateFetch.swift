import Basics
import NIOCore
import NIOPosix
import NIOSSL
import Timing

/// Asks a server for its certificate and takes it only if its public key is the one that is known. Nothing else is sent.
enum CertificateFetch {
    /// - Throws: `CodedError`: `certificate-pin-mismatch`, `certificate-unusable` for one that others have signed, or
    ///   `server-unreachable`, within the limit.
    static func run(_ place: ServerPlace, pin: [UInt8], within limit: Duration) async throws(CodedError) -> NIOSSLCertificate {
        let outcome = await bounded(within: limit) { await exchange(place, pin: pin, within: limit) }
        guard let outcome else {
            throw CodedError(
                "server-unreachable", "no TLS answer from \(place.host) port \(place.port) within \(DurationText.format(limit))")
        }
        return try outcome.get()
    }

    private typealias Outcome = Result<NIOSSLCertificate, CodedError>

    private static func exchange(_ place: ServerPlace, pin: [UInt8], within limit: Duration) async -> Outcome {
        let answer = OneShot<Outcome>()
        let channel: any Channel
        do {
            let context = try NIOSSLContext(configuration: configuration)
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.nanoseconds(limit.wholeNanoseconds))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let name = isAddress(place.host) ? nil : place.host
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: name) { chain, promise in
                            let judgement = judge(chain, place, pin)
                            answer.set(judgement)
                            promise.succeed((try? judgement.get()) == nil ? .failed : .certificateVerified)
                        }
                        try channel.pipeline.syncOperations.addHandlers(handler, Ending(place: place, answer: answer))
                    }
                }
                .connect(host: place.host, port: place.port).get()
        } catch {
            return .failure(unreachable(place, error))
        }
        let value = await answer.value(within: limit)
        channel.close(promise: nil)
        return value ?? .failure(unreachable(place, nil))
    }

    /// The callback decides; BoringSSL's own verification, which knows nothing of pins, is replaced by it.
    private static var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates([])
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func judge(_ chain: [NIOSSLCertificate], _ place: ServerPlace, _ pin: [UInt8]) -> Outcome {
        guard let leaf = chain.first, let found = try? PublicKeyPin.of(leaf) else {
            return .failure(
                TransportFailure.certificate("\(place.host) port \(place.port) shows no certificate that can be read"))
        }
        guard found == pin else {
            return .failure(
                CodedError(
                    "certificate-pin-mismatch",
                    """
                    the server at \(place.host) port \(place.port) is not the one that is expected: its certificate has another key. \
                    Nothing was sent to it. Either somebody is in between, or the coordinator has a new key: then a new join token helps
                    """))
        }
        return .success(leaf)
    }

    static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    /// Of several addresses that were tried, the first tells why.
    static func unreachable(_ place: ServerPlace, _ cause: (any Error)?) -> CodedError {
        let cause = (cause as? NIOConnectionError)?.connectionErrors.first?.error ?? cause
        return CodedError("server-unreachable", "no TLS connection to \(place.host) port \(place.port)", cause: cause)
    }

    /// Says so if the connection ends before there is a certificate.
    private final class Ending: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let place: ServerPlace
        private let answer: OneShot<Outcome>

        init(place: ServerPlace, answer: OneShot<Outcome>) {
            self.place = place
            self.answer = answer
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.set(.failure(CertificateFetch.unreachable(place, error)))
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            answer.set(.failure(CertificateFetch.unreachable(place, nil)))
        }
    }
}
