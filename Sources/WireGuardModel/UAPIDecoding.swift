import Basics
import MeshModel

extension UAPI {
    /// Whether the bytes are a whole answer: they end with a blank line.
    public static func isComplete(_ answer: some BidirectionalCollection<UInt8>) -> Bool {
        answer.suffix(2).elementsEqual([newline, newline])
    }

    /// Reads the answer to a `set`.
    ///
    /// - Throws: `CodedError`: `wireguard.errno` with the number that the device answered, `wireguard.answer` if it is not an answer.
    public static func checkSetAnswer(_ answer: [UInt8]) throws(CodedError) {
        try checkResult(Lines(answer))
    }

    /// Reads the answer to a `get`. Keys that this version does not know are passed over.
    ///
    /// - Throws: `CodedError`: `wireguard.errno` with the number that the device answered, `wireguard.answer` for anything malformed,
    ///   naming the key concerned but never its value.
    public static func decodeDevice(_ answer: [UInt8]) throws(CodedError) -> WireGuardDevice {
        guard answer.count <= answerLimit else {
            throw CodedError("wireguard.answer", "an answer of more than \(answerLimit) bytes")
        }
        guard isComplete(answer) else { throw CodedError("wireguard.answer", "the answer ends before its blank line") }
        let lines = Lines(answer)
        try checkResult(lines)
        var decoder = DeviceDecoder()
        for line in lines { try decoder.read(line) }
        return decoder.finish()
    }

    private static func checkResult(_ lines: Lines) throws(CodedError) {
        for line in lines where line.key == "errno" {
            guard let number = Int32(line.value) else { break }
            guard number == 0 else {
                throw CodedError("wireguard.errno", "the WireGuard device refused with error number \(number)")
            }
            return
        }
        throw CodedError("wireguard.answer", "the answer holds no error number")
    }

    static let newline = UInt8(ascii: "\n")
}

/// The `key=value` lines of an answer, up to the first blank one.
private struct Lines: Sequence {
    struct Line {
        let key: String
        let bytes: ArraySlice<UInt8>
        var value: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func makeIterator() -> AnyIterator<Line> {
        var rest = bytes[...]
        return AnyIterator {
            guard let end = rest.firstIndex(of: UAPI.newline), end > rest.startIndex else { return nil }
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            let equals = line.firstIndex(of: UInt8(ascii: "=")) ?? line.endIndex
            return Line(key: String(decoding: line[..<equals], as: UTF8.self), bytes: line[equals...].dropFirst())
        }
    }
}

/// Collects the lines of a `get` answer.
private struct DeviceDecoder {
    private var device = WireGuardDevice()
    private var peer: WireGuardPeer?
    private var handshake = HandshakeTime(seconds: 0)

    mutating func read(_ line: Lines.Line) throws(CodedError) {
        switch line.key {
        case "private_key":
            let key = try require(key(line.bytes).flatMap(PrivateKey.init(bytes:)), line)
            // WireGuard writes a missing key as zeros, which clamping turns into something else.
            device.privateKey = line.bytes.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : key
        case "listen_port": device.listenPort = try require(UInt16(line.value), line)
        case "public_key":
            closePeer()
            peer = WireGuardPeer(publicKey: try require(key(line.bytes).flatMap(PublicKey.init(bytes:)), line))
        case "endpoint": peer?.endpoint = endpoint(line.value)
        case "allowed_ip": peer?.allowedIPs.append(try require(IPPrefix(line.value), line))
        case "persistent_keepalive_interval": peer?.persistentKeepalive = try require(UInt16(line.value), line)
        case "last_handshake_time_sec": handshake.seconds = try require(Int64(line.value).flatMap { $0 >= 0 ? $0 : nil }, line)
        case "last_handshake_time_nsec":
            handshake.nanoseconds = try require(Int32(line.value).flatMap { (0..<1_000_000_000).contains($0) ? $0 : nil }, line)
        case "rx_bytes": peer?.receivedBytes = try require(UInt64(line.value), line)
        case "tx_bytes": peer?.sentBytes = try require(UInt64(line.value), line)
        default: break
        }
    }

    mutating func finish() -> WireGuardDevice {
        closePeer()
        return device
    }

    private mutating func closePeer() {
        guard var done = peer else { return }
        done.lastHandshake = handshake == HandshakeTime(seconds: 0) ? nil : handshake
        device.peers.append(done)
        peer = nil
        handshake = HandshakeTime(seconds: 0)
    }
}

/// The value, or an error that names the line's key; never its value, which may be secret.
private func require<Value>(_ value: Value?, _ line: Lines.Line) throws(CodedError) -> Value {
    guard let value else { throw CodedError("wireguard.answer", "the WireGuard device answered with a malformed \(line.key)") }
    return value
}

/// An endpoint without its zone, which only means something on this host: `[fe80::1%eth0]:51820`. Nil if it cannot be read.
private func endpoint(_ text: String) -> Endpoint? {
    guard let percent = text.firstIndex(of: "%"), let bracket = text.lastIndex(of: "]"), percent < bracket else {
        return Endpoint(text)
    }
    return Endpoint(String(text[..<percent] + text[bracket...]))
}

/// 32 bytes from 64 hexadecimal digits. Byte by byte, because a device of thousands of peers is read many times a second.
private func key(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    var high: UInt8?
    for digit in digits {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
        default: return nil
        }
        if let first = high {
            bytes.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return bytes
}
