import AsyncHTTPClient
import Basics
import ControlProtocol
import FoundationEssentials
import NIOCore

extension LocalControlClient {
    /// The longest line in bytes that is read.
    public static let lineLimit = 1 << 20

    /// Reads an answer that does not end by itself, JSON value by JSON value, one a line.
    ///
    /// - Parameters:
    ///   - line: called with each value, in order.
    /// - Throws: `CodedError`: the code of a problem document; `control-unreachable` if nobody answers, nothing comes for
    ///   `silenceLimit`, or the answer ends: the program behind it has gone. `CancellationError` if the task was cancelled.
    public func follow<Line: Decodable>(
        _ path: String, as type: Line.Type = Line.self, _ line: (Line) throws -> Void
    ) async throws {
        let gone: any Error
        do {
            let response = try await Self.patient.execute(
                HTTPClientRequest(url: "http+unix://\(percentEncoded(socket))\(path)"), deadline: .distantFuture)
            guard response.status == .ok else {
                let problem = try await response.body.collect(upTo: 64 << 10)
                let read: Problem = try decode(problem)
                throw CodedError(read.title, read.detail)
            }
            try await read(response.body, line)
            gone = CodedError("control-ended", "the answer has ended")
        } catch let error as CodedError {
            throw error
        } catch {
            gone = error
        }
        try Task.checkCancellation()
        throw CodedError("control-unreachable", "the program that served \(socket) went away", cause: gone)
    }

    private func read<Line: Decodable>(_ body: HTTPClientResponse.Body, _ line: (Line) throws -> Void) async throws {
        var pending = ByteBuffer()
        for try await chunk in body {
            pending.writeImmutableBuffer(chunk)
            while let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - pending.readerIndex
                if let bytes = pending.readSlice(length: length) { try line(decode(bytes)) }
                pending.moveReaderIndex(forwardBy: 1)
            }
            guard pending.readableBytes <= Self.lineLimit else {
                throw CodedError("control-answer", "a line on \(socket) is longer than \(Self.lineLimit) bytes")
            }
            pending.discardReadBytes()
        }
    }

    /// The longest time without a byte; three keepalives of those who serve such answers.
    static let silenceLimit = TimeAmount.seconds(15)

    /// One for the process, never shut down.
    private static let patient: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(2)
        configuration.timeout.read = silenceLimit
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}
