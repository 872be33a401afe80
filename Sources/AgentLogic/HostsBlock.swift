import MeshModel

/// The block of a hosts file (hosts(5)) that holds the names of machines. Everything outside it belongs to others and is never changed,
/// byte for byte.
public struct HostsBlock: Sendable, Hashable {
    /// One machine.
    public struct Entry: Sendable, Hashable {
        public var name: MachineName
        public var addresses: [IPAddress]

        public init(name: MachineName, addresses: [IPAddress]) {
            self.name = name
            self.addresses = addresses
        }
    }

    /// What follows a machine's name and a dot. ICANN has set `internal` aside for private use (2024), so that no name of the public
    /// DNS can ever be hidden by it; `local` belongs to multicast DNS (RFC 6762), and `home.arpa` to homes (RFC 8375).
    public static let suffix = "warren.internal"
    /// The most machines of a block.
    public static let entryLimit = 10_000
    /// Short names that mean something else wherever they appear.
    private static let reserved: Set<String> = ["localhost", "localdomain", "broadcasthost", "wpad", "isatap"]

    /// Whose block it is: the name of the interface, so that two agents keep two blocks.
    public let owner: String

    public init(owner: String) { self.owner = owner }

    /// A file with the block as it shall be.
    public struct Result: Sendable, Hashable {
        public var content: [UInt8]
        /// Short names that others' lines define.
        public var leftAlone: [String]
    }

    /// The content with a block that has these machines, at the end; without a block for none.
    public func replaced(in content: [UInt8], with entries: [Entry]) -> Result {
        let rest = removed(from: content)
        guard !entries.isEmpty else { return Result(content: rest, leftAlone: []) }
        let taken = Self.names(in: rest)
        var leftAlone: [String] = []
        // Who reads line by line must find the block's first line on a line of its own.
        let joins = rest.last.map { $0 != UInt8(ascii: "\n") } ?? false
        var text = (joins ? "\n" : "") + (joins ? beginJoined : begin) + "\n"
        for entry in entries.sorted(by: { $0.name < $1.name }).prefix(Self.entryLimit) {
            let short = entry.name.text
            let isOurs = !taken.contains(short) && !Self.isReserved(short)
            if !isOurs { leftAlone.append(short) }
            let full = "\(short).\(Self.suffix)"
            for address in entry.addresses { text += "\(address)\t\(full)\(isOurs ? " \(short)" : "")\n" }
        }
        return Result(content: rest + Array((text + end + "\n").utf8), leftAlone: leftAlone)
    }

    /// The content without the block, and without the line feed that came with it.
    public func removed(from content: [UInt8]) -> [UInt8] {
        guard !content.isEmpty else { return content }
        var kept: [UInt8] = []
        kept.reserveCapacity(content.count)
        let lines = Self.lines(content)
        var index = 0
        while index < lines.count {
            let text = Self.text(lines[index])
            guard text == begin || text == beginJoined else {
                kept += lines[index]
                index += 1
                continue
            }
            if text == beginJoined, kept.last == UInt8(ascii: "\n") { kept.removeLast() }
            // Up to the end line; somebody who took that away took nothing from what stands behind our lines.
            let close = lines[index...].firstIndex { Self.text($0) == end }
            index += 1
            while index < lines.count, close.map({ index <= $0 }) ?? Self.isOurs(lines[index]) {
                let isMarker = index == close
                if !isMarker, !Self.isOurs(lines[index]) {
                    // A line that somebody has put into the block.
                    if let last = kept.last, last != UInt8(ascii: "\n") { kept.append(UInt8(ascii: "\n")) }
                    kept += lines[index]
                }
                index += 1
            }
        }
        return kept
    }

    private var begin: String { "# BEGIN warren \(owner): kept by warren-agent, changes are lost" }
    private var beginJoined: String { begin + "; the line above had no end" }
    private var end: String { "# END warren \(owner)" }

    /// With their line feeds.
    private static func lines(_ content: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? content.count
            lines.append(content[start..<end])
            start = end
        }
        return lines
    }

    private static func text(_ line: ArraySlice<UInt8>) -> String? {
        let bytes = line.last == UInt8(ascii: "\n") ? line.dropLast() : line
        // No line of ours is longer, and the lines of others need not be UTF-8.
        return bytes.count > 512 ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// An address, and a name that ends in the suffix.
    private static func isOurs(_ line: ArraySlice<UInt8>) -> Bool {
        guard let fields = text(line)?.split(separator: "\t"), fields.count == 2, IPAddress(String(fields[0])) != nil else {
            return false
        }
        return fields[1].split(separator: " ").first?.hasSuffix(".\(suffix)") ?? false
    }

    /// All names that the lines define, in lower case.
    static func names(in content: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        for line in lines(content) {
            let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
            for name in text.split(whereSeparator: \.isWhitespace).dropFirst() { names.insert(name.lowercased()) }
        }
        return names
    }

    private static func isReserved(_ name: String) -> Bool { reserved.contains(name) || name.hasPrefix("ip6-") }
}
