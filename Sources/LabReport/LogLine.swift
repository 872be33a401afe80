/// One line of a log: JSON as Warren's programs write it, or any text.
struct LogLine {
    var time: WallTime?
    var message: String
    var fields: [String: String] = [:]

    /// The longest line that is read as JSON; a longer one is text, and cut.
    static let jsonLimit = 65_536
    /// How far into a text line a time is looked for.
    private static let timeWindow = 64

    init(_ line: UnsafeBufferPointer<UInt8>) {
        if line.first == UInt8(ascii: "{"), line.count <= Self.jsonLimit, case .object(let members)? = JSONReader.value(line) {
            self.init(members)
        } else {
            self.init(text: line)
        }
    }

    private init(_ members: [JSONValue.Member]) {
        message = ""
        for member in members {
            switch member.name {
            case "time" where time == nil:
                time = member.value.string.flatMap { WallTime($0) }
            case "message", "msg": message = TimelineEvent.cut(member.value.plain)
            // Known from the file's name.
            case "service": continue
            default: fields[member.name] = TimelineEvent.cut(member.value.plain)
            }
        }
    }

    /// A foreign program's line. A time near its beginning is taken if it is RFC 3339, whose time zone is no guess.
    private init(text line: UnsafeBufferPointer<UInt8>) {
        message = TimelineEvent.cut(String(decoding: line.prefix(TimelineEvent.textLimit + 4), as: UTF8.self))
        let head = Array(line.prefix(Self.timeWindow))
        for begin in head.indices where head[begin] == UInt8(ascii: "2") {
            let stamp = head[begin...].prefix { (43...58).contains($0) || $0 == UInt8(ascii: "T") || $0 == UInt8(ascii: "Z") }
            if stamp.count >= 20, let found = WallTime(String(decoding: stamp, as: UTF8.self)) {
                time = found
                break
            }
        }
        fields["level"] = Self.level(head)
    }

    /// The level that a logfmt line names.
    private static func level(_ head: [UInt8]) -> String? {
        let text = String(decoding: head, as: UTF8.self)
        guard let mark = text.firstRange(of: "level=") else { return nil }
        let word = text[mark.upperBound...].prefix { $0.isLetter }
        return ["trace", "debug", "info", "notice", "warning", "error", "critical"].first {
            $0.hasPrefix(word) && word.count >= 4
        }
    }
}

extension StringProtocol {
    /// Where the needle first stands. The standard library has it for collections, slowly; lines are short.
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        var begin = startIndex
        while begin < endIndex {
            if self[begin...].hasPrefix(needle) { return begin..<index(begin, offsetBy: needle.count) }
            begin = index(after: begin)
        }
        return nil
    }
}
