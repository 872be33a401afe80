import ControlProtocol
import Glibc
import NIOCore

/// Socket options of a peer map stream.
enum StreamSocket {
    /// Milliseconds that sent data may wait for the reader's acknowledgement, or for room in its window. Three keepalives.
    static let patience = 3 * StreamLine.keepaliveSeconds * 1_000

    /// Lets the kernel break the connection when the reader is gone without a word, or does not read: a write that waits for
    /// such a reader then fails, and the stream ends. (TCP_USER_TIMEOUT, RFC 5482.)
    static func giveUpOnSilentReaders(_ channel: any Channel) async {
        let option = ChannelOptions.Types.SocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: CInt(TCP_USER_TIMEOUT)))
        // Refused on a socket that is not TCP, where there is nothing to give up on.
        try? await channel.setOption(option, value: patience).get()
    }
}
