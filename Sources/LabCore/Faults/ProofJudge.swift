import Basics
import NetworkModel

/// Tells from samples whether a fault is there. Pure; the bounds leave room for chance (five standard deviations) and for a busy machine.
enum ProofJudge {
    /// What a whole set of probes needs so that a share of it can be told from none.
    static let fewestExpected = 10.0
    /// How much later than it should a probe may arrive.
    static let lateness = Duration.milliseconds(150)

    /// Nothing arrives.
    static func cut(_ samples: [LinkSample]) -> FaultProof {
        let leaks = samples.filter { !$0.arrived.isEmpty }
        let sent = samples.reduce(0) { $0 + $1.probes.count + $1.refused }
        guard sent > 0 else {
            return FaultProof(
                .yes, "read back from the kernel; nothing could be probed (machines off, unplugged, or behind a NAT)")
        }
        let detail = "\(sent) probes over \(samples.count) links"
        guard let leak = leaks.first else { return FaultProof(.yes, "\(detail): none arrived") }
        return FaultProof(.no, "\(detail): still open: \(leak.link)\(leaks.count > 1 ? " and \(leaks.count - 1) more" : "")")
    }

    /// Something arrives on every link.
    static func open(_ samples: [LinkSample]) -> FaultProof {
        let shut = samples.filter { $0.arrived.isEmpty && $0.probes.count + $0.refused > 0 }
        guard samples.contains(where: { $0.probes.count > 0 }) else {
            return FaultProof(
                .yes, "read back from the kernel; nothing could be probed (machines off, unplugged, or behind a NAT)")
        }
        guard let first = shut.first else { return FaultProof(.yes, "probes arrive again over all of \(samples.count) links") }
        return FaultProof(.no, "still shut: \(first.link)\(shut.count > 1 ? " and \(shut.count - 1) more" : "")")
    }

    /// The link does what it should.
    static func impaired(_ sample: LinkSample, _ wanted: LinkProperties) -> [String] {
        var wrong: [String] = []
        let count = Double(sample.probes.count)
        let lossLow = wanted.loss
        // A flipped bit in a header costs the packet.
        let lossHigh = 1 - (1 - wanted.loss) * (1 - wanted.corrupt)
        check(&wrong, "lost", sample.probes.count - sample.arrived.count, of: count, low: lossLow, high: lossHigh)
        let got = Double(sample.arrived.count)
        check(&wrong, "arrived twice", sample.twice, of: got, low: wanted.duplicate, high: wanted.duplicate)
        // Four in ten bits of a probe lie in headers.
        check(&wrong, "damaged", sample.damaged, of: got, low: wanted.corrupt * 0.4, high: wanted.corrupt)
        if wanted.reorder > 0, wanted.delay > .zero {
            check(&wrong, "overtook", sample.overtakers, of: got, low: wanted.reorder * 0.4, high: 1)
        }
        if let median = sample.delays.dropFirst(sample.delays.count / 2).first {
            let low = wanted.delay - wanted.jitter / 2 - wanted.delay / 20
            let reordered = wanted.reorder > 0.4
            if !reordered, median < low {
                wrong.append("median delay \(DurationText.format(median)), expected \(DurationText.format(wanted.delay))")
            }
            if wanted.rate == nil, median > wanted.delay + wanted.jitter + lateness {
                wrong.append("median delay \(DurationText.format(median)), expected \(DurationText.format(wanted.delay))")
            }
        } else if wanted.loss < 0.9 {
            wrong.append("nothing arrived")
        }
        return wrong
    }

    /// The link carries no more than it should.
    static func slowed(_ sample: LinkSample, _ rate: Int) -> [String] {
        guard let measured = sample.rate else { return ["too few probes arrived to tell the rate"] }
        // The first bytes pass at once: a bucket is full when nothing was sent.
        guard measured > Double(rate) * 2 else { return [] }
        return ["\(Int(measured / 1_000)) kbit/s passed, expected \(rate / 1_000)"]
    }

    /// Complains if a count is outside of what chance allows; a share that is too small to be seen is not complained of.
    private static func check(
        _ wrong: inout [String], _ what: String, _ seen: Int, of count: Double, low: Double, high: Double
    ) {
        func spread(_ share: Double) -> Double { 5 * (count * share * (1 - share)).squareRoot() + 2 }
        let least = count * low - spread(low)
        let most = count * high + spread(high)
        if count * low >= fewestExpected, Double(seen) < least || (least < 1 && seen == 0) {
            wrong.append("\(seen) of \(Int(count)) \(what), expected about \(Int(count * low))")
        }
        if Double(seen) > most { wrong.append("\(seen) of \(Int(count)) \(what), expected about \(Int(count * high))") }
    }
}
