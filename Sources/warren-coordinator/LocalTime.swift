import FoundationEssentials
import Glibc

/// Times for people.
enum LocalTime {
    /// `2026-11-23 19:24:24` in this machine's time zone, from RFC 3339; anything else is returned as it is.
    static func text(_ time: String) -> String {
        guard let date = try? Date(time, strategy: .iso8601) else { return time }
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return time }
        var buffer = [CChar](repeating: 0, count: 32)
        let length = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
