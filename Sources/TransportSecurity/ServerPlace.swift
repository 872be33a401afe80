import Basics

/// Where a base URL points, without a path: `https://192.0.2.1:7400`, `http://[2001:db8::1]`.
public struct ServerPlace: Sendable, Hashable {
    /// Whether the URL says https.
    public let isSecure: Bool
    /// A name or an IP address, without brackets.
    public let host: String
    /// That of the scheme if the URL names none.
    public let port: Int

    /// Nil unless it is http or https, with a host.
    public init?(url: String) {
        let rest: Substring
        if url.hasPrefix("https://") {
            (isSecure, rest) = (true, url.dropFirst(8))
        } else if url.hasPrefix("http://") {
            (isSecure, rest) = (false, url.dropFirst(7))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { return nil }
        let name: Substring
        let tail: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[authority.index(after: authority.startIndex)..<end]
            tail = authority[authority.index(after: end)...]
        } else {
            name = authority.prefix { $0 != ":" }
            tail = authority.dropFirst(name.count)
        }
        host = String(name)
        if tail.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard tail.hasPrefix(":"), let number = UInt16(tail.dropFirst()), number > 0 else { return nil }
            port = Int(number)
        }
        guard !host.isEmpty else { return nil }
    }
}
