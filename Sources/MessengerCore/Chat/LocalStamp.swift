import ChatLogic
import Glibc

extension Stamp {
    /// This moment, in the time zone of the process.
    static var now: Stamp { at(Glibc.time(nil)) }

    /// A time as the control socket tells it, RFC 3339 in UTC; what cannot be read is shown as it is.
    static func of(_ text: String) -> Stamp {
        let fields = text.split { !$0.isNumber }.prefix(6).compactMap { Int32($0) }
        guard fields.count == 6 else { return Stamp(day: text, time: "") }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (fields[0] - 1_900, fields[1] - 1, fields[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (fields[3], fields[4], fields[5])
        return at(timegm(&parts))
    }

    private static func at(_ moment: time_t) -> Stamp {
        var moment = moment
        var parts = tm()
        localtime_r(&moment, &parts)
        return Stamp(day: text(&parts, "%A, %-d %B %Y"), time: text(&parts, "%H:%M"))
    }

    private static func text(_ parts: inout tm, _ format: String) -> String {
        var bytes = [CChar](repeating: 0, count: 100)
        let count = strftime(&bytes, bytes.count, format, &parts)
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
