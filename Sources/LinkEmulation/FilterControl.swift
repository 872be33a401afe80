import Basics
import NetworkModel

/// Brings nftables to a table's state and reads it back.
struct FilterControl: Sendable {
    let nft: String
    let run: EmulationEnvironment.Command

    /// What the kernel's rules were right after they were loaded.
    typealias Rules = [String: [[JSONValue]]]

    /// Replaces the table and compares.
    ///
    /// - Returns: the rules, for later comparisons.
    func load(_ table: FilterTable) async throws -> Rules {
        _ = try await run(nft, ["-f", "-"], table.script)
        return try await verify(table, rules: nil)
    }

    /// Compares what is there with what should be.
    ///
    /// - Parameter rules: as `load` returned them.
    @discardableResult
    func verify(_ table: FilterTable, rules: Rules?) async throws -> Rules {
        guard !table.isEmpty else {
            let tables = try await run(nft, ["list", "tables"], "")
            guard !tables.contains("table bridge \(FilterTable.name)\n") else {
                throw CodedError.notInEffect("nftables still has a table although nothing is to be filtered")
            }
            return [:]
        }
        let answer = try await list([])
        try answer.compare(with: table)
        let found = answer.rules
        if let rules, rules != found {
            let chain = rules.keys.sorted().first { rules[$0] != found[$0] } ?? ""
            throw CodedError.notInEffect("a rule of nftables' chain \(chain) has changed")
        }
        return found
    }

    /// Packets that each of the table's faults dropped since it was loaded.
    func counts(_ table: FilterTable) async throws -> [String: FaultCount] {
        guard !table.isEmpty else { return [:] }
        // Without the sets' elements.
        let counters = try await list(["-t"]).nftables.compactMap(\.counter)
        let packets = Dictionary(counters.map { ($0.name, $0.packets) }, uniquingKeysWith: { first, _ in first })
        var counts: [String: FaultCount] = [:]
        for (index, fault) in table.faults.enumerated() {
            guard let dropped = packets["f\(index)"] else { throw CodedError.notInEffect("nftables has no counter for \(fault)") }
            counts[fault] = (counts[fault] ?? FaultCount()) + FaultCount(matched: dropped, dropped: dropped)
        }
        return counts
    }

    private func list(_ options: [String]) async throws -> FilterAnswer {
        let text: String
        do {
            text = try await run(nft, ["-j"] + options + ["list", "table", "bridge", FilterTable.name], "")
        } catch {
            throw CodedError.notInEffect("nftables does not show the lab's table", cause: error)
        }
        return try FilterAnswer.decode(text)
    }
}
