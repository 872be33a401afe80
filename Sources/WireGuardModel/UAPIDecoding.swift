import Basics
import MeshModel

extension UAPI {
    /// Whether the bytes are a whole answer: they end with a blank line.
    public static func isComplete(_ answer: [UInt8]) -> Bool {
        answer.count >= 2 && answer[answer.count - 1] == newline && answer[answer.count - 2] == newline
    }

    /// Reads the answer to a `set`.
    ///
    /// - Throws: `CodedError`: `wireguard.errno` with the number that the device answered, `wireguard.answer` if it is not an answer.
    public static func checkSetAnswer(_ answer: [UInt8]) throws(CodedError) {
        guard let line = Lines(answer).first(where: { $0.field == .result }) else { throw noResult }
        try checkResult(line)
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
        var decoder = DeviceDecoder()
        for line in Lines(answer) {
            guard line.field != .result else {
                try checkResult(line)
                return decoder.finish()
            }
            try decoder.read(line)
        }
        throw noResult
    }

    private static let noResult = CodedError("wireguard.answer", "the answer holds no error number")

    /// wireguard-go answers with negative numbers.
    private static func checkResult(_ line: Lines.Line) throws(CodedError) {
        guard let number = Int32(String(decoding: line.value, as: UTF8.self)) else { throw noResult }
        guard number == 0 else {
            throw CodedError("wireguard.errno", "the WireGuard device refused with error number \(number)")
        }
    }

    static let newline = UInt8(ascii: "\n")
}

/// What a line is about, as far as it matters here.
private enum Field: String, CaseIterable {
    case result = "errno"
    case privateKey = "private_key"
    case listenPort = "listen_port"
    case publicKey = "public_key"
    case endpoint
    case allowedIP = "allowed_ip"
    case keepalive = "persistent_keepalive_interval"
    case handshakeSeconds = "last_handshake_time_sec"
    case handshakeNanoseconds = "last_handshake_time_nsec"
    case received = "rx_bytes"
    case sent = "tx_bytes"

    /// By length of the name: bytes are compared, because a device of thousands of peers is read many times a second.
    private static let byLength: [[(name: [UInt8], field: Field)]] = {
        let longest = allCases.map(\.rawValue.utf8.count).max() ?? 0
        return (0...longest).map { length in
            allCases.filter { $0.rawValue.utf8.count == length }.map { (Array($0.rawValue.utf8), $0) }
        }
    }()

    init?(_ name: ArraySlice<UInt8>) {
        guard name.count < Self.byLength.count else { return nil }
        guard let known = Self.byLength[name.count].first(where: { name.elementsEqual($0.name) }) else { return nil }
        self = known.field
    }
}

/// The `key=value` lines of an answer, up to the first blank one.
private struct Lines: Sequence, IteratorProtocol {
    struct Line {
        /// Nil for a key that this version does not know.
        let field: Field?
        let value: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func next() -> Line? {
        guard let end = rest.firstIndex(of: UAPI.newline), end > rest.startIndex else { return nil }
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        let equals = line.firstIndex(of: UInt8(ascii: "=")) ?? line.endIndex
        return Line(field: Field(line[..<equals]), value: line[equals...].dropFirst())
    }
}

/// Collects the lines of a `get` answer.
private struct DeviceDecoder {
    private var device = WireGuardDevice()
    private var peer: WireGuardPeer?
    private var handshake = HandshakeTime(seconds: 0)

    mutating func read(_ line: Lines.Line) throws(CodedError) {
        let value = line.value
        switch line.field {
        case .privateKey:
            let key = try require(key(value).flatMap { PrivateKey(bytes: $0.bytes) }, line)
            // WireGuard writes a missing key as zeros, which clamping turns into something else.
            device.privateKey = value.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : key
        case .listenPort: device.listenPort = try require(DecimalText.read(value), line)
        case .publicKey:
            closePeer()
            peer = WireGuardPeer(publicKey: try require(key(value), line))
        case .endpoint: peer?.endpoint = endpoint(value)
        case .allowedIP: peer?.allowedIPs.append(try require(IPPrefix(ascii: value), line))
        case .keepalive: peer?.persistentKeepalive = try require(DecimalText.read(value), line)
        case .handshakeSeconds: handshake.seconds = try require(DecimalText.read(value), line)
        case .handshakeNanoseconds:
            handshake.nanoseconds = try require(DecimalText.read(value).flatMap { $0 < 1_000_000_000 ? $0 : nil }, line)
        case .received: peer?.receivedBytes = try require(DecimalText.read(value), line)
        case .sent: peer?.sentBytes = try require(DecimalText.read(value), line)
        case .result, nil: break
        }
    }

    mutating func finish() -> WireGuardDevice {
        closePeer()
        return device
    }

    private mutating func closePeer() {
        guard var done = peer.take() else { return }
        done.lastHandshake = handshake == HandshakeTime(seconds: 0) ? nil : handshake
        device.peers.append(done)
        handshake = HandshakeTime(seconds: 0)
    }
}

/// The value, or an error that names the line's key; never its value, which may be secret.
private func require<Value>(_ value: Value?, _ line: Lines.Line) throws(CodedError) -> Value {
    guard let value else {
        throw CodedError("wireguard.answer", "the WireGuard device answered with a malformed \(line.field?.rawValue ?? "line")")
    }
    return value
}

/// An endpoint without its zone, which only means something on this host: `[fe80::1%eth0]:51820`. Nil if it cannot be read.
private func endpoint(_ text: ArraySlice<UInt8>) -> Endpoint? {
    guard let percent = text.firstIndex(of: UInt8(ascii: "%")), let bracket = text.lastIndex(of: UInt8(ascii: "]")),
        percent < bracket
    else { return Endpoint(ascii: text) }
    return Endpoint(ascii: text[..<percent] + text[bracket...])
}

/// 32 bytes from 64 hexadecimal digits.
private func key(_ digits: ArraySlice<UInt8>) -> PublicKey? {
    guard digits.count == 64 else { return nil }
    var isHexadecimal = true
    var place = digits.startIndex
    func word() -> UInt64 {
        var word: UInt64 = 0
        for digit in digits[place..<(place + 16)] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): word = word << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): word = word << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): word = word << 4 | UInt64(digit - UInt8(ascii: "A") + 10)
            default: isHexadecimal = false
            }
        }
        place += 16
        return word
    }
    let key = PublicKey(words: word(), word(), word(), word())
    return isHexadecimal ? key : nil
}
