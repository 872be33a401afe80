/// What nftables is asked to do for one fault.
struct FilterDemand {
    /// Which of the packets on its links it takes.
    enum Share {
        case all
        case traffic(Traffic)
        /// At random, in millionths.
        case millionths(Int)
    }

    let fault: String
    let share: Share
    var coverage: Coverage

    /// The condition in nftables' words, with a space behind it.
    var condition: String {
        switch share {
        case .all: return ""
        case .millionths(let count) where count >= 1_000_000: return ""
        case .millionths(let count): return "numgen random mod 1000000 < \(count) "
        case .traffic(let traffic):
            switch (traffic.transport, traffic.port) {
            case (.icmp, _): return "meta l4proto { icmp, ipv6-icmp } "
            case (let transport, let port?): return "\(transport.rawValue) dport \(port) "
            case (let transport, nil): return "meta l4proto \(transport.rawValue) "
            }
        }
    }

    /// For the report.
    var words: String {
        let links = coverage.up.count + coverage.down.count
        let what =
            switch share {
            case .all: "drops every frame"
            case .traffic(let traffic): "drops \(traffic.transport.rawValue)\(traffic.port.map { " to port \($0)" } ?? "")"
            case .millionths(let count): "drops \(count) of 1000000 frames at random, not seeded,"
            }
        var places: [String] = []
        if links > 0 { places.append("\(links) whole cable direction\(links == 1 ? "" : "s")") }
        if !coverage.rest.isEmpty { places.append("\(coverage.rest.count) link\(coverage.rest.count == 1 ? "" : "s")") }
        return "\(what) on \(places.isEmpty ? "no link" : places.joined(separator: " and "))"
    }
}
