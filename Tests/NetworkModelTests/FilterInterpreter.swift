import NetworkModel

/// A frame as nftables' forward hook sees it, by port and address.
struct TestPacket {
    var iifname: String
    var oifname: String
    var source: String
    var destination: String
    var isIPv4 = true
    var transport = "udp"
    var port = 1
    /// What `numgen` draws.
    var roll = 500_000
}

/// Reads a script of ours back and carries it out: as much of nftables as the scripts use.
struct FilterInterpreter {
    private var sets: [String: Set<String>] = [:]
    private var maps: [String: [String: String]] = [:]
    private var chains: [String: [String]] = [:]

    init(_ script: String) {
        var name = ""
        var isMap = false
        var isChain = false
        for line in script.split(separator: "\n").map({ String($0.drop { $0 == " " }) }) {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "set", "map", "chain":
                name = words[1]
                isMap = words[0] == "map"
                isChain = words[0] == "chain"
                if isChain { chains[name] = [] } else { sets[name] = [] }
            case "elements":
                let list = line.dropFirst("elements = { ".count).dropLast(" }".count).replacing("\"", with: "")
                for element in list.split(separator: ", ").map(String.init) {
                    if isMap, let colon = element.firstRange(of: " : jump ") {
                        maps[name, default: [:]][String(element[..<colon.lowerBound])] = String(element[colon.upperBound...])
                    } else {
                        sets[name, default: []].insert(element)
                    }
                }
            case "}", "add", "delete", "table",
                "counter" where !isChain, "type":
                if words.first == "}" { isChain = false }
            default: if isChain { chains[name, default: []].append(line) }
            }
        }
    }

    /// The counters that the packet moves, and whether it is dropped.
    func run(_ packet: TestPacket) -> (counters: Set<String>, isDropped: Bool) {
        var counters: Set<String> = []
        var isDropped = false
        walk("forward", packet, &counters, &isDropped)
        return (counters, isDropped)
    }

    /// Whether the packet left the chain by a goto.
    private func walk(_ chain: String, _ packet: TestPacket, _ counters: inout Set<String>, _ isDropped: inout Bool) {
        for rule in chains[chain] ?? [] {
            var words = rule.split(separator: " ").map(String.init)[...]
            var holds = true
            while holds, let word = words.popFirst() {
                switch word {
                case "jump": walk(words.popFirst() ?? "", packet, &counters, &isDropped)
                case "goto":
                    walk(words.popFirst() ?? "", packet, &counters, &isDropped)
                    return
                case "drop": isDropped = true
                case "counter":
                    counters.insert(words[words.startIndex + 1].replacing("\"", with: ""))
                    words = []
                case "numgen":
                    holds = packet.roll < Int(words[words.startIndex + 4]) ?? 0
                    words = words.dropFirst(5)
                case "meta" where words.first == "mark":
                    holds = !counters.isEmpty
                    words = words.dropFirst(5)
                case "meta":
                    words = words.dropFirst()
                    if words.first == "{" {
                        holds = packet.transport == "icmp"
                        words = words.dropFirst(4)
                    } else {
                        holds = words.popFirst() == packet.transport
                    }
                case "udp", "tcp":
                    holds = packet.transport == word && words[words.startIndex + 1] == "\(packet.port)"
                    words = words.dropFirst(2)
                default: holds = match(word, &words, packet, &counters, &isDropped)
                }
            }
        }
    }

    private func match(
        _ first: String, _ words: inout ArraySlice<String>, _ packet: TestPacket, _ counters: inout Set<String>,
        _ isDropped: inout Bool
    ) -> Bool {
        var parts: [String?] = [value(first, &words, packet)]
        while words.first == "." {
            words = words.dropFirst()
            let key = words.popFirst() ?? ""
            parts.append(value(key, &words, packet))
        }
        let present = parts.compactMap { $0 }
        let isKnown = present.count == parts.count
        let text = present.joined(separator: " . ")
        switch words.popFirst() {
        case "vmap":
            let name = String((words.popFirst() ?? "").dropFirst())
            if isKnown, let target = maps[name]?[text] { walk(target, packet, &counters, &isDropped) }
            return true
        case "!=": return isKnown && !(sets[String((words.popFirst() ?? "").dropFirst())] ?? []).contains(text)
        case let name?: return isKnown && (sets[String(name.dropFirst())] ?? []).contains(text)
        case nil: return false
        }
    }

    private func value(_ key: String, _ words: inout ArraySlice<String>, _ packet: TestPacket) -> String? {
        switch key {
        case "iifname": return packet.iifname
        case "oifname": return packet.oifname
        default:
            let field = words.popFirst()
            guard (key == "ip") == packet.isIPv4 else { return nil }
            return field == "saddr" ? packet.source : packet.destination
        }
    }
}
