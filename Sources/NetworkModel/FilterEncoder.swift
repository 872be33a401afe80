/// Says who may not send to whom in few set elements: machines with the same targets share one set of them, the others become pairs, or
/// where somebody may send to few only, pairs of who may.
struct FilterEncoder {
    /// What a packet is known by at one port.
    enum Kind: String, CaseIterable {
        case port = "p"
        case destination4 = "d4"
        case destination6 = "d6"
        case source4 = "s4"
        case source6 = "s6"

        /// The port at which a packet is looked at: where it comes in, or, if only its source tells it apart, where it goes out.
        var key: String { self == .source4 || self == .source6 ? "oifname" : "iifname" }
        var value: String {
            switch self {
            case .port: "oifname"
            case .destination4: "ip daddr"
            case .destination6: "ip6 daddr"
            case .source4: "ip saddr"
            case .source6: "ip6 saddr"
            }
        }
        var type: String {
            switch self {
            case .port: "ifname"
            case .destination4, .source4: "ipv4_addr"
            case .destination6, .source6: "ipv6_addr"
            }
        }
        /// The set of everything that the value can be.
        var universe: String { "all_\(type)" }
    }

    /// What was encoded.
    struct Result {
        var collections: [FilterTable.Collection] = []
        var chains: [FilterTable.Chain] = []
        var rules: [String] = []
        /// Whether `Kind.universe` is referred to.
        var needsUniverse = false
    }

    let kind: Kind
    /// What all names begin with.
    let prefix: String
    let hit: String
    /// Everything that the value can be.
    let universe: Set<String>

    /// - Parameter rows: by port, the values that are dropped there.
    func encode(_ rows: [String: Set<String>]) -> Result {
        var result = Result()
        var from: [[String]] = []
        var pairs: [[String]] = []
        var exempt: [String] = []
        var allowed: [[String]] = []
        for (keys, targets) in classes(rows) {
            let others = universe.count - targets.count
            let asGroup = keys.count + targets.count + 8
            let asPairs = keys.count * targets.count
            let asExempt = keys.count * (others + 1)
            if asPairs <= asGroup && asPairs <= asExempt {
                for key in keys { pairs += targets.sorted().map { [key, $0] } }
            } else if asGroup <= asExempt {
                let chain = "\(prefix)\(kind.rawValue)_\(result.chains.count)"
                result.collections.append(
                    .init(name: "\(chain)_to", types: [kind.type], isMap: false, elements: targets.sorted().map { [$0] }))
                result.chains.append(.init(name: chain, rules: ["\(kind.value) @\(chain)_to goto \(hit)"]))
                from += keys.map { [$0, chain] }
            } else {
                exempt += keys
                let rest = universe.subtracting(targets).sorted()
                for key in keys { allowed += rest.map { [key, $0] } }
            }
        }
        add(&result, from: from, pairs: pairs, exempt: exempt, allowed: allowed)
        return result
    }

    private func add(_ result: inout Result, from: [[String]], pairs: [[String]], exempt: [String], allowed: [[String]]) {
        let name = "\(prefix)\(kind.rawValue)"
        func set(_ suffix: String, _ types: [String], _ elements: [[String]], isMap: Bool = false) {
            result.collections.append(.init(name: "\(name)_\(suffix)", types: types, isMap: isMap, elements: elements))
        }
        if !from.isEmpty {
            set("from", ["ifname"], from, isMap: true)
            result.rules.append("\(kind.key) vmap @\(name)_from")
        }
        if !pairs.isEmpty {
            set("pairs", ["ifname", kind.type], pairs)
            result.rules.append("\(kind.key) . \(kind.value) @\(name)_pairs goto \(hit)")
        }
        if !exempt.isEmpty {
            set("most", ["ifname"], exempt.map { [$0] })
            set("except", ["ifname", kind.type], allowed)
            result.needsUniverse = true
            result.rules.append(
                "\(kind.key) @\(name)_most \(kind.value) @\(kind.universe) \(kind.key) . \(kind.value) != @\(name)_except goto \(hit)"
            )
        }
    }

    /// The ports by their targets, in order. A port never sends to itself, so it may count among its own targets if that makes it like others.
    private func classes(_ rows: [String: Set<String>]) -> [(keys: [String], targets: Set<String>)] {
        var byTargets: [Set<String>: [String]] = [:]
        for (key, targets) in rows where !targets.isEmpty { byTargets[targets, default: []].append(key) }
        if kind == .port {
            let exact = byTargets
            var merged: [Set<String>: [String]] = [:]
            for (targets, keys) in exact where keys.count == 1 { merged[targets.union(keys), default: []] += keys }
            for (targets, keys) in merged where keys.count > 1 || exact[targets] != nil {
                for key in keys where rows[key] != targets {
                    byTargets[rows[key] ?? []]?.removeAll { $0 == key }
                    byTargets[targets, default: []].append(key)
                }
            }
            byTargets = byTargets.filter { !$0.value.isEmpty }
        }
        return byTargets.map { ($1.sorted(), $0) }.sorted { ($0.keys.first ?? "") < ($1.keys.first ?? "") }
    }
}
