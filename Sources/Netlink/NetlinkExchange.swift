import CNetlink
import Glibc

/// Sends raw messages over an open netlink socket and reads the answers. The socket has a receive timeout.
enum NetlinkExchange {
    /// The first change that failed.
    struct Failure {
        /// Its place among the messages, from 0; -1: the exchange itself.
        let message: Int
        /// An errno value.
        let error: Int32
    }

    /// Sends messages with the sequence numbers 1, 2, …, the last of which asks for an acknowledgement, and waits for that.
    static func acknowledged(_ descriptor: Int32, _ bytes: [UInt8], messages: Int) -> Failure? {
        guard sendAll(descriptor, bytes) else { return Failure(message: -1, error: errno) }
        var failure: Failure?
        while true {
            guard let answer = receive(descriptor) else { return Failure(message: -1, error: errno) }
            for message in NetlinkReader.messages(answer) where message.type == UInt16(NLMSG_ERROR) {
                let error = -NetlinkReader.word(message.payload, 0)
                if error != 0, failure == nil { failure = Failure(message: Int(message.sequence) - 1, error: error) }
                if Int(message.sequence) == messages { return failure }
            }
        }
    }

    /// Sends one message that asks for an acknowledgement, and waits for the one with its sequence number.
    static func acknowledged(_ descriptor: Int32, _ bytes: [UInt8], number: UInt32) -> Failure? {
        guard sendAll(descriptor, bytes) else { return Failure(message: -1, error: errno) }
        while true {
            guard let answer = receive(descriptor) else { return Failure(message: -1, error: errno) }
            for message in NetlinkReader.messages(answer)
            where message.type == UInt16(NLMSG_ERROR) && message.sequence == number {
                let error = -NetlinkReader.word(message.payload, 0)
                return error == 0 ? nil : Failure(message: 0, error: error)
            }
        }
    }

    /// Sends one dump request and returns the payloads of all answers that carry the request's sequence number.
    ///
    /// - Parameter limit: the most that is read, in bytes; more is the failure EMSGSIZE.
    /// - Returns: the failure EINTR if what was dumped changed meanwhile, so that the answers do not fit together (NLM_F_DUMP_INTR).
    static func dump(_ descriptor: Int32, _ bytes: [UInt8], limit: Int = .max) -> Result<[ArraySlice<UInt8>], Failure> {
        guard sendAll(descriptor, bytes) else { return .failure(Failure(message: -1, error: errno)) }
        let sequence = NetlinkReader.messages(bytes).first?.sequence
        var payloads: [ArraySlice<UInt8>] = []
        var isInterrupted = false
        var size = 0
        while true {
            guard let answer = receive(descriptor) else { return .failure(Failure(message: -1, error: errno)) }
            size += answer.count
            guard size <= limit else { return .failure(Failure(message: 0, error: EMSGSIZE)) }
            for message in NetlinkReader.messages(answer) where message.sequence == sequence {
                if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isInterrupted = true }
                // Both carry a number, zero or a negated errno.
                if message.type == UInt16(NLMSG_DONE) || message.type == UInt16(NLMSG_ERROR) {
                    let error = -NetlinkReader.word(message.payload, 0)
                    if error != 0 { return .failure(Failure(message: 0, error: error)) }
                    return isInterrupted ? .failure(Failure(message: 0, error: EINTR)) : .success(payloads)
                }
                payloads.append(message.payload)
            }
        }
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var sent: Int
        repeat { sent = send(descriptor, bytes, bytes.count, 0) } while sent < 0 && errno == EINTR
        return sent == bytes.count
    }

    private static func receive(_ descriptor: Int32) -> [UInt8]? {
        let answer = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            var got: Int
            repeat { got = recv(descriptor, buffer.baseAddress, buffer.count, 0) } while got < 0 && errno == EINTR
            count = max(0, got)
        }
        return answer.isEmpty ? nil : answer
    }
}

extension NetlinkExchange.Failure: Error {}

/// Takes netlink messages apart.
enum NetlinkReader {
    struct Message {
        let type: UInt16
        let flags: UInt16
        let sequence: UInt32
        let payload: ArraySlice<UInt8>
    }

    /// The messages of a datagram; a malformed rest is left out.
    static func messages(_ bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        var at = 0
        while at + 16 <= bytes.count {
            let length = Int(word(bytes[at...], 0))
            guard length >= 16, at + length <= bytes.count else { break }
            let kind = UInt32(bitPattern: word(bytes[at...], 4))
            messages.append(
                Message(
                    type: UInt16(truncatingIfNeeded: kind), flags: UInt16(kind >> 16),
                    sequence: UInt32(bitPattern: word(bytes[at...], 8)), payload: bytes[(at + 16)..<(at + length)]))
            at += (length + 3) & ~3
        }
        return messages
    }

    /// The attributes of a message or of a nesting attribute, by type without its flags; of several with one type, the last.
    static func attributes(_ bytes: ArraySlice<UInt8>) -> [Int: ArraySlice<UInt8>] {
        var attributes: [Int: ArraySlice<UInt8>] = [:]
        var at = bytes.startIndex
        while at + 4 <= bytes.endIndex {
            let head = UInt32(bitPattern: word(bytes[at...], 0))
            let length = Int(head & 0xffff)
            guard length >= 4, at + length <= bytes.endIndex else { break }
            attributes[Int(head >> 16) & 0x3fff] = bytes[(at + 4)..<(at + length)]
            at += (length + 3) & ~3
        }
        return attributes
    }

    /// Four bytes at the offset in the machine's own order; 0 if they are not there.
    static func word(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> Int32 {
        let start = bytes.startIndex + offset
        guard start + 4 <= bytes.endIndex else { return 0 }
        return bytes[start..<(start + 4)].withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
    }
}
