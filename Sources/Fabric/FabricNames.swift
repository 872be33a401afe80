/// The names that interfaces have in the lab's own network namespace: switches, their cables, and what relays put in between.
public enum FabricNames {
    /// Whether an interface may be the lab's, by its name.
    public static func mayBe(_ name: String) -> Bool {
        if name.hasPrefix("backbone") { return isBridge(name.dropFirst("backbone".count)) }
        for word in ["switch", "site"] where name.hasPrefix(word) {
            let (number, rest) = split(name.dropFirst(word.count))
            return !number.isEmpty && isBridge(rest)
        }
        return isPort(name[...]) || isRelay(name)
    }

    /// `m` a machine's port; `r` and `s` a router's, in the backbone and in its site; `t` and `u` the ends of the cable to a switch.
    private static func isPort(_ name: Substring) -> Bool {
        guard let first = name.first, "mrstu".contains(first) else { return false }
        let (number, rest) = split(name.dropFirst())
        return !number.isEmpty && rest.isEmpty
    }

    /// `rm3a` and `rm3b` are the two ends of the relay's cable at the port `m3`.
    private static func isRelay(_ name: String) -> Bool {
        guard name.first == "r", let last = name.last, "ab".contains(last) else { return false }
        return isPort(name.dropFirst().dropLast())
    }

    /// What follows a switch's name: nothing, or `-2` and so on for its further bridges, with `a` or `b` for the ends of the cable to one.
    private static func isBridge(_ rest: Substring) -> Bool {
        guard !rest.isEmpty else { return true }
        guard rest.first == "-" else { return false }
        let (number, end) = split(rest.dropFirst())
        return !number.isEmpty && ["", "a", "b"].contains(end)
    }

    private static func split(_ text: Substring) -> (number: Substring, rest: Substring) {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        return (number, text[number.endIndex...])
    }
}
