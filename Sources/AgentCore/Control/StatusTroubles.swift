import AgentLogic
import Basics
import ControlProtocol
import MeshModel

extension AgentStatus {
    /// Fills in how long packets take to the peers that have a session, measured at this moment.
    ///
    /// - Parameter limit: how long that may take.
    mutating func measure(by desk: ProbeDesk, within limit: Duration) async {
        let machines = peers.filter { $0.path != nil }.map(\.id)
        let times = await RoundTrips.measure(to: machines, by: desk, within: limit)
        for index in peers.indices {
            peers[index].roundTripMilliseconds = times[peers[index].id].map { ($0.inSeconds * 1e6).rounded() / 1e3 }
        }
    }

    /// What is not as it should be, worst first.
    var troubles: [Trouble] {
        var troubles: [Trouble] = []
        if machine == nil {
            troubles.append(
                .init(
                    code: "not-registered",
                    found: "this machine is in no mesh yet" + (coordinator.lastError.map { ": \($0)" } ?? ""),
                    advice:
                        "\"warren-agent netcheck\" says whether the coordinator can be reached; a token that was refused needs a new one"
                ))
        } else if !coordinator.connected {
            troubles.append(
                .init(
                    code: "coordinator-away",
                    found: "the coordinator is not followed" + (coordinator.lastError.map { ": \($0)" } ?? ""),
                    advice: "the mesh stays as it is and it is tried on; \"warren-agent netcheck\" looks at the way there"))
        }
        let missing = peers.filter { $0.configured && $0.path == nil }
        if !missing.isEmpty {
            troubles.append(
                .init(
                    code: "peers-not-connected",
                    found: "no session with \(Self.list(missing.map(\.name.text)))",
                    advice: "\"warren-agent peers NAME\" says where it is tried; UDP to that endpoint must get through"))
        }
        let refused = peers.filter { $0.why?.hasPrefix("refused") ?? false }
        if !refused.isEmpty {
            troubles.append(
                .init(
                    code: "peers-refused", found: "the map's entries of \(Self.list(refused.map(\.name.text))) are not used",
                    advice: "have the coordinator's administrator look at them: \"warren-coordinator machines\""))
        }
        if let complaint = names?.complaint {
            troubles.append(
                .init(
                    code: "names-not-written", found: "names of machines cannot be looked up: \(complaint)",
                    advice:
                        "let this user write the file, name another with --hosts-file, or switch names off with --hosts-file none"
                ))
        }
        return troubles
    }

    /// A few by name, the others by number.
    private static func list(_ names: [String]) -> String {
        let first = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(first) and \(names.count - 5) more" : first
    }
}
