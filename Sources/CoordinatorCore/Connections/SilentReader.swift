import ControlProtocol
import Glibc
import NIOCore

/// What happens to a client that does not take what it asked for.
enum SilentReader {
    /// How long sent data may wait for the reader's acknowledgement, or for room in its window: three keepalives of a stream.
    static let patience = Duration.seconds(3 * StreamLine.keepaliveSeconds)

    /// Lets the kernel break the connection when the reader is gone without a word, or does not read: a write that waits for
    /// such a reader then fails, and what is kept for it is let go. (TCP_USER_TIMEOUT, RFC 5482.)
    static func giveUp(on channel: any Channel, after patience: Duration) {
        let option = ChannelOptions.Types.SocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: CInt(TCP_USER_TIMEOUT)))
        // Refused on a socket that is not TCP, where there is nothing to give up on.
        _ = channel.setOption(option, value: Int(patience.wholeMilliseconds))
    }

    /// Makes a line wait soon after its reader has ceased to take any, so that the wait can be seen: otherwise the kernel takes hundreds
    /// of short lines on a local socket, where it gives up on nobody, and the library thousands.
    static func keepLittle(for channel: any Channel) async throws {
        // The least that Linux has, 4,608 bytes, are six lines with what the kernel counts beside them: socket(7), SO_SNDBUF.
        try await channel.setOption(.socketOption(.so_sndbuf), value: 1).get()
        try await channel.setOption(.writeBufferWaterMark, value: .init(low: 1, high: 1)).get()
    }
}
