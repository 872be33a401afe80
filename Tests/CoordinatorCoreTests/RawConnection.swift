import Basics
import FoundationEssentials
import NIOCore
import NIOPosix
import Testing

/// A TCP connection on which a test says whatever it likes.
struct RawConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    init(to url: String) async throws {
        let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
        channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
            }
    }

    /// Sends the pieces, with a pause between two, and reads until the other side closes.
    ///
    /// - Returns: what came, and whether the other side closed before everything was sent.
    func exchange(_ pieces: [[UInt8]], pause: Duration = .zero) async throws -> (answer: [UInt8], isCutOff: Bool) {
        try await within {
            try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        for piece in pieces {
                            do { try await outbound.write(ByteBuffer(bytes: piece)) } catch { return true }
                            if pause > .zero { try await Task.sleep(for: pause) }
                        }
                        return false
                    }
                    var answer: [UInt8] = []
                    do {
                        for try await bytes in inbound { answer += bytes.readableBytesView }
                    } catch is IOError {
                        // Broken off; what came before counts.
                    }
                    group.cancelAll()
                    let isCutOff = (try? await group.next()) ?? true
                    return (answer, isCutOff)
                }
            }
        }
    }
}

/// An HTTP answer as it came over the wire.
struct RawAnswer {
    let answer: Answer

    /// Nil unless there is a whole answer and nothing after it.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count > 1, let status = Int(first[1]) else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingPrefix(" ").description
        }
        let body = Data(text[end.upperBound...].utf8)
        guard headers["content-length"].flatMap({ Int($0) }) == body.count else { return nil }
        answer = Answer(status: status, headers: headers, body: body)
    }
}
