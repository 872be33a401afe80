import Basics
import MeshModel

/// Decides which endpoints of other machines this one tells the coordinator about: what it sees of those with a tunnel and they do not
/// say themselves.
public struct EndpointReports: Sendable {
    /// A report holds at the coordinator for a while; this is well within.
    public static let refresh = Duration.seconds(60)
    /// An endpoint that keeps changing is told no more often.
    public static let spacing = Duration.seconds(10)

    private struct Told {
        var endpoint: Endpoint
        var at: MonotonicTime
    }

    private var told: [MachineID: Told] = [:]

    public init() {}

    /// What is due now, in the order of ids.
    public func due(_ seen: [MachineID: Endpoint], now: MonotonicTime) -> [(machine: MachineID, endpoint: Endpoint)] {
        seen.filter { machine, endpoint in
            guard let told = told[machine] else { return true }
            return now - told.at >= (told.endpoint == endpoint ? Self.refresh : Self.spacing)
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// These got through.
    public mutating func noteTold(_ reports: [(machine: MachineID, endpoint: Endpoint)], now: MonotonicTime) {
        for report in reports { told[report.machine] = Told(endpoint: report.endpoint, at: now) }
    }

    /// The coordinator may be another one, or have forgotten.
    public mutating func forget() { told = [:] }

    /// Machines that are not seen any longer need not be remembered.
    public mutating func keep(_ machines: some Sequence<MachineID>) {
        let known = Set(machines)
        told = told.filter { known.contains($0.key) }
    }
}
