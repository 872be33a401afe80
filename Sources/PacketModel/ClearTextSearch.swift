import Basics
import Glibc
import MeshModel

/// Finds in bytes what must not be read there: canaries, mesh addresses as text, names.
///
/// All canaries share a prefix, and all mesh addresses a few of them, so that the bytes are gone through once for each prefix, however
/// many canaries and addresses there are.
public struct ClearTextSearch: Sendable {
    /// What kind of secret was found.
    public enum Kind: String, Sendable, Hashable, Codable {
        case canary
        case meshAddress
        case name
    }

    /// One place.
    public struct Hit: Sendable, Hashable {
        public let kind: Kind
        /// The canary up to `longestText` bytes, the address, or the name.
        public let text: String
        /// Where in the bytes it begins.
        public let offset: Int
    }

    /// The longest text of a hit, in bytes.
    public static let longestText = 64
    /// The shortest canary prefix and name, in bytes: a shorter one would turn up in encrypted bytes by chance.
    public static let shortestText = 8
    /// So many hits of one prefix in one run of bytes are reported, and no more.
    public static let mostHits = 8
    /// So many different prefixes of addresses and names are allowed.
    public static let mostPrefixes = 256

    private struct Needle: Sendable {
        var bytes: [UInt8]
        var kind: Kind
    }

    private var needles: [Needle]
    private var addresses: Set<IPAddress> = []

    /// - Parameters:
    ///   - canaryPrefix: what every canary begins with, `shortestText` bytes at least; letters, digits and hyphens follow it.
    ///   - names: `shortestText` bytes at least.
    /// - Throws: `capture.search` if a text is too short or there are too many prefixes.
    public init(canaryPrefix: String, meshAddresses: [IPAddress] = [], names: [String] = []) throws(CodedError) {
        needles = []
        for (text, kind) in [(canaryPrefix, Kind.canary)] + names.map({ ($0, Kind.name) }) {
            guard text.utf8.count >= Self.shortestText, text.utf8.count <= Self.longestText else {
                throw CodedError(
                    "capture.search",
                    "\"\(text)\" cannot be looked for: \(Self.shortestText) to \(Self.longestText) bytes are needed")
            }
            try add(Needle(bytes: Array(text.utf8), kind: kind))
        }
        for address in meshAddresses { try add(meshAddress: address) }
    }

    /// Looks for the text of one more address from now on.
    ///
    /// - Throws: `capture.search` if there are too many prefixes.
    public mutating func add(meshAddress address: IPAddress) throws(CodedError) {
        guard addresses.insert(address).inserted else { return }
        let separator = address.isIPv4 ? UInt8(ascii: ".") : UInt8(ascii: ":")
        let text = Array(address.description.utf8)
        // Up to and with the second separator: `100.64.`, `fd00:77:`. Neighbours in a mesh share it.
        let places = text.indices.filter { text[$0] == separator }
        let end = places.count > 1 ? places[1] + 1 : text.count
        try add(Needle(bytes: Array(text[..<end]), kind: .meshAddress))
    }

    private mutating func add(_ needle: Needle) throws(CodedError) {
        guard !needles.contains(where: { $0.bytes == needle.bytes && $0.kind == needle.kind }) else { return }
        guard needles.count < Self.mostPrefixes else {
            throw CodedError(
                "capture.search", "more than \(Self.mostPrefixes) prefixes of addresses and names cannot be looked for")
        }
        needles.append(needle)
    }

    /// All hits, by kind and then by place.
    public func hits(in bytes: UnsafeRawBufferPointer) -> [Hit] {
        var found: [Hit] = []
        for needle in needles { search(needle, bytes, &found) }
        return found
    }

    /// All hits, by kind and then by place.
    public func hits(in bytes: [UInt8]) -> [Hit] {
        bytes.withUnsafeBytes { hits(in: $0) }
    }

    private func search(_ needle: Needle, _ bytes: UnsafeRawBufferPointer, _ found: inout [Hit]) {
        var offset = 0
        for _ in 0..<Self.mostHits {
            guard let place = Self.place(of: needle.bytes, in: bytes, from: offset) else { return }
            if let text = text(of: needle, in: bytes, at: place) {
                found.append(Hit(kind: needle.kind, text: text, offset: place))
            }
            offset = place + needle.bytes.count
        }
    }

    /// The C library finds the first byte, many at a time; in encrypted bytes that is one place in 256.
    private static func place(of needle: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, let first = needle.first else { return nil }
        var offset = start
        while bytes.count - offset >= needle.count {
            let reach = bytes.count - offset - needle.count + 1
            guard let match = memchr(base + offset, Int32(first), reach) else { return nil }
            if memcmp(match, needle, needle.count) == 0 { return UnsafeRawPointer(match) - base }
            offset = UnsafeRawPointer(match) - base + 1
        }
        return nil
    }

    /// The whole word that begins at the hit; nil if it is no secret after all.
    private func text(of needle: Needle, in bytes: UnsafeRawBufferPointer, at offset: Int) -> String? {
        let window = bytes[offset..<min(offset + Self.longestText, bytes.count)]
        switch needle.kind {
        case .name: return String(decoding: needle.bytes, as: UTF8.self)
        case .canary: return String(decoding: window.prefix(while: Self.isWord), as: UTF8.self)
        case .meshAddress:
            // `1100.64.0.1` is another address.
            if offset > 0, Self.isAddress(bytes[offset - 1]) { return nil }
            let word = String(decoding: window.prefix(while: Self.isAddress), as: UTF8.self)
            guard let address = IPAddress(word) ?? IPAddress(Self.trimmed(word)) else { return nil }
            return addresses.contains(address) ? address.description : nil
        }
    }

    /// Without a port behind an IPv4 address, or the full stop or colon that ends a sentence.
    private static func trimmed(_ word: String) -> String {
        if word.contains("."), let colon = word.firstIndex(of: ":") { return String(word[..<colon]) }
        return word.last.map { ".:".contains($0) } == true ? String(word.dropLast()) : word
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "-")
    }

    private static func isAddress(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20) || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: ":")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
