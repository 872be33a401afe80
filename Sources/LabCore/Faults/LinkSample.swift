import Basics
import NetworkModel
import Timing

/// What became of probes from one machine to another over the underlay, each seen where it arrived.
struct LinkSample: Sendable {
    /// One probe, in the order of sending.
    struct Probe: Sendable {
        var sentAt: MonotonicTime
        /// Empty: it did not arrive.
        var arrivals: [Prober.Arrival]
    }

    let link: DirectedLink
    /// Bytes of a probe on the wire, Ethernet header included.
    let frameBytes: Int
    var probes: [Probe] = []
    /// How many the sender's kernel refused.
    var refused = 0

    var arrived: [Probe] { probes.filter { !$0.arrivals.isEmpty } }
    var twice: Int { probes.count { $0.arrivals.count > 1 } }
    var damaged: Int { probes.count { $0.arrivals.contains { !$0.isIntact } } }

    /// How long each that arrived was under way, shortest first.
    var delays: [Duration] { arrived.compactMap { probe in probe.arrivals.first.map { $0.time - probe.sentAt } }.sorted() }

    /// How many arrived before one that was sent earlier.
    var overtakers: Int {
        var count = 0
        var latest = MonotonicTime.zero
        for probe in arrived {
            guard let time = probe.arrivals.first?.time else { continue }
            if time < latest { count += 1 }
            latest = max(latest, time)
        }
        return count
    }

    /// Bits per second from the first sending to the last arrival; nil if too few arrived to tell.
    var rate: Double? {
        guard let first = probes.first?.sentAt, let last = arrived.compactMap(\.arrivals.first?.time).max(), arrived.count > 4
        else {
            return nil
        }
        return Double(arrived.count * frameBytes * 8) / max(0.000_1, (last - first).inSeconds)
    }
}
