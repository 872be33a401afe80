import Basics
import ControlProtocol
import FoundationEssentials
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Problem documents for what never became a request.
enum WireProblem {
    static let timeout = CodedError("request-timeout", "the request was not complete in time")

    /// The problem that an error of the pipeline is; nil for errors of the connection itself.
    static func coded(_ error: any Error) -> CodedError? {
        switch error {
        case let error as MalformedHead: CodedError("bad-http", error.message)
        case HTTPParserError.headerOverflow: CodedError("headers-too-large", "the headers are larger or more than is taken")
        case let error as HTTPParserError: CodedError("bad-http", "this is not HTTP/1.1: \(error)")
        case is HTTP1TypeConversionError: CodedError("bad-http", "the method or the target is not one of HTTP/1.1")
        default: nil
        }
    }

    /// The whole answer; the connection ends with it.
    static func answer(_ error: CodedError) -> (HTTPResponse, ByteBuffer) {
        let status = ProblemMiddleware.statuses[error.code] ?? .badRequest
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let problem = Problem(status: status.code, code: error.code, detail: error.message)
        let body = ByteBuffer(bytes: (try? encoder.encode(problem)) ?? Data())
        let headers: HTTPFields = [
            .contentType: Problem.mediaType, .contentLength: "\(body.readableBytes)", .connection: "close",
            .cacheControl: "no-store",
        ]
        return (HTTPResponse(status: status, headerFields: headers), body)
    }
}

/// Remote addresses as keys of tables.
enum RemoteAddress {
    /// The IPv4 address, or the /64 of an IPv6 address: whoever has one has all of it. Nil for a local socket.
    static func key(_ address: SocketAddress?) -> String? {
        switch address {
        case .v4: return address?.ipAddress
        case .v6(let six):
            let bytes = withUnsafeBytes(of: six.address.sin6_addr) { Array($0) }
            // An IPv4 address that came through a socket for both (RFC 4291, section 2.5.5.2).
            if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]) {
                return bytes[12...].map(String.init).joined(separator: ".")
            }
            return Hex.encode(Array(bytes[..<8]))
        default: return nil
        }
    }
}
