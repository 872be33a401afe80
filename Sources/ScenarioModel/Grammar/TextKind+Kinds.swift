import Basics
import MeshModel

extension TextKind {
    // MARK: Names

    static let name = TextKind(
        "name", "name", allowed: MachineName.allowed, pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", length: 1...63,
        isGood: { MachineName($0) != nil })
    static let id = TextKind(
        "id", "id", allowed: MachineName.allowed, pattern: name.pattern, length: 1...63, isGood: { MachineName($0) != nil })
    /// Whether there is such a machine or service is not for the schema to say.
    static let machines = TextKind(
        "machine-word", "word for machines", allowed: "\"all\", a name, or \"$\" and the name of an earlier choice",
        length: 1...130)
    static let faultName = TextKind("fault-name", "name of a fault", length: 1...63)
    static let title = TextKind("title", "title", length: 1...200)
    static let interface = TextKind(
        "interface", "interface", allowed: "1 to 15 characters of a-z, A-Z, 0-9, dot, underscore and hyphen",
        pattern: "^[A-Za-z0-9._-]+$", length: 1...15, isGood: { $0.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 } })
    static let schemaAddress = TextKind("schema-address", "address of a schema", length: 0...1_000)
    static let seed = TextKind(
        "seed", "seed", allowed: "a whole number from 0 to 18446744073709551615", pattern: "^[0-9]+$", length: 1...20,
        isGood: { $0.utf8.allSatisfy(isDigit) })

    // MARK: Quantities

    static let duration = TextKind(
        "duration", "duration", allowed: DurationText.allowed, pattern: "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$", length: 1...30,
        isGood: { isDecimal($0, units: ["ms", "s", "m", "h", "d"]) })
    static let share = TextKind(
        "share", "share", allowed: "0% to 100%, such as \"20%\" or \"0.5%\", with 6 decimal places at most",
        pattern: "^([0-9]{1,2}(\\.[0-9]{1,6})?|100(\\.0{1,6})?)%$", length: 1...11, isGood: { Quantity.share($0) != nil })
    static let rate = TextKind(
        "rate", "rate", allowed: "a number with a unit: bit, kbit, mbit or gbit, such as \"10mbit\"",
        pattern: "^[0-9]+(\\.[0-9]+)?(bit|kbit|mbit|gbit)$", length: 1...30,
        isGood: { isDecimal($0, units: ["kbit", "mbit", "gbit", "bit"]) })
    static let size = TextKind(
        "size", "size", allowed: "a number with a unit: B, kB, MB, GB, KiB, MiB or GiB, such as \"50MB\"",
        pattern: "^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)$", length: 1...30,
        isGood: { isDecimal($0, units: ["KiB", "MiB", "GiB", "kB", "MB", "GB", "B"]) })
    static let traffic = TextKind(
        "traffic", "kind of traffic",
        allowed: "\"udp/PORT\", \"tcp/PORT\", \"udp\", \"tcp\", \"arp\", \"icmp\" or \"icmp6\"",
        pattern: "^((udp|tcp)/[1-9][0-9]{0,4}|udp|tcp|arp|icmp|icmp6)$", length: 1...9, isGood: isTraffic)

    static let pool = TextKind(
        "pool", "pool", allowed: "100.64.0.0/10 to 100.64.0.0/32", pattern: "^100\\.64\\.0\\.0/(1[0-9]|2[0-9]|3[0-2])$",
        length: 13...13,
        isGood: { text in (10...32).contains { text == "100.64.0.0/\($0)" } })

    // MARK: Programs

    static let argument = TextKind(
        "argument", "argument", allowed: "a text without NUL", pattern: "^[^\\u0000]*$", length: 0...4_096, isGood: isFreeOfNUL)
    static let variable = TextKind(
        "variable", "variable", allowed: "letters, digits and underscores, no digit first",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$", length: 1...64,
        isGood: { $0.utf8.first.map(isDigit) == false && $0.utf8.allSatisfy(isWord) })
    static let path = TextKind(
        "path", "path", allowed: "an absolute path below /run, of letters, digits and ._-, without \"..\"",
        pattern: "^/run(/(?!\\.\\.?(/|$))[A-Za-z0-9._-]+)+$", length: 6...200, isGood: isPath)
    static let contents = TextKind(
        "contents", "file's text", allowed: "a text without NUL", pattern: "^[^\\u0000]*$", length: 0...65_536,
        isGood: isFreeOfNUL)
    static let address = TextKind("address", "address", length: 1...200)
    static let field = TextKind("field", "field of a log line", length: 1...64)
    static let fieldValue = TextKind("field-value", "value of a field", length: 0...1_000)
    static let excerpt = TextKind("excerpt", "text to look for", length: 1...1_000)

    /// Every kind, in the order of the schema.
    static let all = [
        name, id, machines, faultName, title, interface, schemaAddress, seed, duration, pool, share, rate, size, traffic,
        argument,
        variable, path, contents, address, field, fieldValue, excerpt,
    ]
}

// MARK: - Tests of texts

@Sendable private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

@Sendable private func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
}

@Sendable private func isFreeOfNUL(_ text: String) -> Bool { !text.utf8.contains(0) }

/// Digits, perhaps a point and more digits, then one of the units.
@Sendable private func isDecimal(_ text: String, units: [String]) -> Bool {
    guard let unit = units.first(where: { text.hasSuffix($0) }) else { return false }
    let parts = text.dropLast(unit.count).split(separator: ".", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
}

@Sendable private func isTraffic(_ text: String) -> Bool {
    if ["udp", "tcp", "arp", "icmp", "icmp6"].contains(text) { return true }
    guard text.hasPrefix("udp/") || text.hasPrefix("tcp/") else { return false }
    let port = text.utf8.dropFirst(4)
    return (1...5).contains(port.count) && port.first != 48 && port.allSatisfy(isDigit)
}

@Sendable private func isPath(_ text: String) -> Bool {
    guard text.hasPrefix("/run/") else { return false }
    return text.dropFirst(5).split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && part != "." && part != ".." && part.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 }
    }
}
