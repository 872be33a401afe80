import Basics
import MeshModel

/// Makes the table out of the demands.
struct FilterCompiler {
    /// The most elements that a table may have: nft loads so many in about a second.
    static let elementLimit = 250_000

    let ports: PortTable
    /// Owners whose relay's port stands in the bridge too, now or in a moment.
    let relayed: Set<String>
    private let members: [String: Set<String>]
    private let hidden: Set<String>

    init(ports: PortTable, relayed: Set<String>) {
        self.ports = ports
        self.relayed = relayed
        members = Dictionary(grouping: ports.ports.values, by: \.place).mapValues { Set($0.map(\.owner)) }
        hidden = Set(ports.ports.values.filter(\.isHidden).map(\.owner))
    }

    func table(_ demands: [FilterDemand]) throws(CodedError) -> FilterTable {
        var table = FilterTable()
        var forward: [String] = []
        var universes: Set<FilterEncoder.Kind> = []
        for demand in demands {
            let name = "f\(table.faults.count)"
            table.faults.append(demand.fault)
            forward.append("\(demand.condition)jump \(name)_match")
            let rows = try rows(of: demand)
            var rules: [String] = []
            for (suffix, key, owners) in [("up", "iifname", demand.coverage.up), ("down", "oifname", demand.coverage.down)]
            where !owners.isEmpty {
                let names = tokens(.port, owners).sorted().map { [$0] }
                table.collections.append(.init(name: "\(name)_\(suffix)", types: ["ifname"], isMap: false, elements: names))
                rules.append("\(key) @\(name)_\(suffix) goto \(name)_hit")
            }
            // The mark instead of a verdict: each fault counts what it stops, also if another one stops it as well.
            table.chains.append(.init(name: "\(name)_hit", rules: ["counter name \"\(name)\" meta mark set meta mark | 0x1"]))
            for kind in FilterEncoder.Kind.allCases {
                guard let rows = rows[kind] else { continue }
                let encoder = FilterEncoder(kind: kind, prefix: "\(name)_", hit: "\(name)_hit", universe: universe(kind))
                let result = encoder.encode(rows)
                table.collections += result.collections
                table.chains += result.chains
                rules += result.rules
                if result.needsUniverse { universes.insert(kind) }
            }
            table.chains.append(.init(name: "\(name)_match", rules: rules))
        }
        guard !demands.isEmpty else { return table }
        for (name, kind) in Dictionary(universes.map { ($0.universe, $0) }, uniquingKeysWith: { first, _ in first }).sorted(by: {
            $0.key < $1.key
        }) {
            table.collections.insert(
                .init(name: name, types: [kind.type], isMap: false, elements: universe(kind).sorted().map { [$0] }), at: 0)
        }
        table.chains.append(.init(name: "forward", rules: forward + ["meta mark & 0x1 == 0x1 drop"]))
        guard table.elementCount <= Self.elementLimit else {
            throw CodedError(
                "fault.too-large",
                "the faults need \(table.elementCount) set elements, \(Self.elementLimit) are allowed: cut groups instead of single links"
            )
        }
        return table
    }

    /// By kind and port, what is stopped there.
    private func rows(of demand: FilterDemand) throws(CodedError) -> [FilterEncoder.Kind: [String: Set<String>]] {
        var rows: [FilterEncoder.Kind: [String: Set<String>]] = [:]
        func stop(_ kind: FilterEncoder.Kind, at owner: String, _ values: Set<String>) {
            guard !values.isEmpty else { return }
            for port in names(owner) {
                if rows[kind]?[port] == nil {
                    rows[kind, default: [:]][port] = values
                } else {
                    rows[kind]?[port]?.formUnion(values)
                }
            }
        }
        struct Class: Hashable {
            let row: Set<String>
            let place: String
        }
        var classes: [Class: [String]] = [:]
        for (sender, row) in demand.coverage.rest.rows {
            classes[Class(row: row, place: try ports.port(sender).place), default: []].append(sender)
        }
        for (shared, senders) in classes {
            let near = shared.row.intersection(members[shared.place] ?? [])
            let far = shared.row.subtracting(near)
            let seen = far.subtracting(hidden)
            let (portNames, four, six) = (tokens(.port, near), tokens(.destination4, seen), tokens(.destination6, seen))
            for sender in senders {
                stop(.port, at: sender, portNames)
                stop(.destination4, at: sender, four)
                stop(.destination6, at: sender, six)
                for receiver in far.intersection(hidden) {
                    let link = DirectedLink(from: sender, to: receiver)
                    if try bySource(link, demand.coverage) {
                        stop(.source4, at: receiver, outer([sender], isIPv4: true))
                        stop(.source6, at: receiver, outer([sender], isIPv4: false))
                    } else {
                        stop(.destination4, at: sender, outer([receiver], isIPv4: true))
                        stop(.destination6, at: sender, outer([receiver], isIPv4: false))
                    }
                }
            }
        }
        return rows
    }

    /// Where a link to a hidden machine is cut: at the receiver by source, or at the sender by destination.
    private func bySource(_ link: DirectedLink, _ coverage: Coverage) throws(CodedError) -> Bool {
        guard hidden.contains(link.from) else { return true }
        // Both are hidden. Their routers' addresses will do if everybody behind one of them is meant.
        func neighbours(_ owner: String) -> Set<String> { hidden.intersection(members[ports[owner]?.place ?? ""] ?? []) }
        let receivers = coverage.rest.rows[link.from] ?? []
        if neighbours(link.to).isSubset(of: receivers) { return false }
        if neighbours(link.from).allSatisfy({ coverage.rest.rows[$0]?.contains(link.to) ?? coverage.up.contains($0) }) {
            return true
        }
        throw Self.notPossible(link)
    }

    static func notPossible(_ link: DirectedLink) -> CodedError {
        CodedError(
            "fault.not-possible",
            "\(link.from) and \(link.to) are behind routers that hide them both: their packets cannot be told from their neighbours'. Name the whole site of one of them, or all links of one machine"
        )
    }

    private func names(_ owner: String) -> [String] {
        guard let port = ports[owner] else { return [] }
        return relayed.contains(owner) ? [port.port, port.relayOutside] : [port.port]
    }

    private func tokens(_ kind: FilterEncoder.Kind, _ owners: Set<String>) -> Set<String> {
        guard kind != .port else { return Set(owners.flatMap(names)) }
        let isIPv4 = kind == .destination4 || kind == .source4
        return Set(owners.flatMap { ports[$0]?.addresses ?? [] }.filter { $0.isIPv4 == isIPv4 }.map(\.description))
    }

    /// As others than the neighbours see them.
    private func outer(_ owners: [String], isIPv4: Bool) -> Set<String> {
        let addresses = owners.compactMap { ports[$0] }.flatMap { $0.isHidden ? $0.externalAddresses : $0.addresses }
        return Set(addresses.filter { $0.isIPv4 == isIPv4 }.map(\.description))
    }

    private func universe(_ kind: FilterEncoder.Kind) -> Set<String> {
        kind == .port ? tokens(kind, Set(ports.ports.keys)) : outerAndInner(kind)
    }

    private func outerAndInner(_ kind: FilterEncoder.Kind) -> Set<String> {
        let isIPv4 = kind == .destination4 || kind == .source4
        return Set(
            ports.ports.values.flatMap { $0.addresses + $0.externalAddresses }.filter { $0.isIPv4 == isIPv4 }.map(\.description))
    }
}
