import Basics
import ControlProtocol
import MeshModel
import WireGuardControl

/// Looks at everything that this machine's part of a mesh needs of its surroundings, with or without an agent that runs. Changes nothing.
public struct Netcheck: Sendable {
    /// Of the agent that runs; nil if none answers.
    public var status: AgentStatus?
    /// Where the identity would be.
    public var stateDirectory: String
    /// For a machine that has not joined yet.
    public var join: JoinToken?
    /// What an agent would use; of one that runs, its own are taken.
    public var interface: String
    public var listenPort: UInt16

    public init(status: AgentStatus?, stateDirectory: String, join: JoinToken?, interface: String, listenPort: UInt16) {
        self.status = status
        self.stateDirectory = stateDirectory
        self.join = join
        self.interface = status?.interface ?? interface
        self.listenPort = status?.listenPort ?? listenPort
    }

    /// Which coordinator, and how it is known.
    private struct Place {
        var url: String
        var pin: CertificatePin?
    }

    /// One look at each thing, in the order in which they build upon one another. Takes no longer than about fifteen seconds.
    public func findings() async -> [Finding] {
        var findings = [agent, backend, port]
        findings += endpoints
        switch place {
        case .success(let place?):
            let check = CoordinatorCheck(url: place.url, pin: place.pin)
            findings += await check.findings()
            findings += UnderlayMTU.findings(towards: check.addresses() + peerAddresses)
        case .success(nil):
            findings.append(
                Finding(
                    "coordinator", .warn, "this machine has not joined a mesh: there is no coordinator to look for",
                    advice: "give a join token with --join-file, or name the --state of the agent"))
        case .failure(let error):
            findings.append(Finding("coordinator", .fail, error.message, advice: "see what stands there, and who may read it"))
        }
        if let status { findings.append(peers(status)) }
        return findings
    }

    private var place: Result<Place?, CodedError> {
        do throws(CodedError) {
            if let identity = try IdentityStore(directory: stateDirectory).load() {
                return .success(Place(url: identity.coordinator, pin: identity.pin))
            }
        } catch {
            // Another user's state; the agent that runs knows all but the pin.
            guard let status else { return .failure(error) }
            return .success(Place(url: status.coordinator.url, pin: join?.pin))
        }
        if let join { return .success(Place(url: join.coordinator, pin: join.pin)) }
        return .success(status.map { Place(url: $0.coordinator.url, pin: nil) })
    }

    private var peerAddresses: [IPAddress] { (status?.peers ?? []).compactMap(\.endpoint?.address) }

    // MARK: This machine

    private var agent: Finding {
        guard let status else {
            return Finding("agent", .ok, "none runs: looking at what it would find")
        }
        guard let machine = status.machine else {
            return Finding(
                "agent", .fail, "it runs, and is not registered" + (status.coordinator.lastError.map { ": \($0)" } ?? ""),
                advice: "if the coordinator can be reached, the join token was refused: make a new one")
        }
        let link = status.coordinator
        return link.connected
            ? Finding("agent", .ok, "it runs as \(machine.name) (\(machine.meshAddress)) and follows the coordinator")
            : Finding(
                "agent", .fail, "it runs as \(machine.name), without the coordinator" + (link.lastError.map { ": \($0)" } ?? ""),
                advice: "see the lines about the coordinator below; the mesh stays as it is meanwhile")
    }

    private var backend: Finding {
        if let status { return Finding("backend", .ok, "\(status.backend) on \(status.interface)") }
        do throws(CodedError) {
            try UserspaceBackend.checkHost()
            return Finding("backend", .ok, "wireguard-go is installed, /dev/net/tun opens, networks may be configured")
        } catch {
            // The message ends with what to do.
            let parts = error.message.split(separator: ": ", maxSplits: 1)
            return Finding("backend", .fail, "\(parts.first ?? "")", advice: parts.count > 1 ? "\(parts[1])" : nil)
        }
    }

    private var port: Finding {
        if status != nil { return Finding("port", .ok, "UDP \(listenPort) is the agent's") }
        do throws(CodedError) {
            try PortProbe.check(listenPort)
            return Finding("port", .ok, "UDP \(listenPort) is free")
        } catch {
            return Finding(
                "port", .fail, "UDP \(listenPort) is taken",
                advice: "stop the program that has it (ss -ulpn), or choose another with --listen-port")
        }
    }

    private var endpoints: [Finding] {
        let found = LocalEndpoints(interface: interface, port: listenPort, override: []).current(
            mesh: [IPPrefix("100.64.0.0/10")].compactMap(\.self))
        let six = found.filter { !$0.address.isIPv4 }
        let list = found.prefix(6).map { "\($0)" }.joined(separator: ", ")
        return [
            found.isEmpty
                ? Finding(
                    "endpoints", .fail, "this machine has no address that others could reach",
                    advice: "give it one, or name it with \"warren-agent run --endpoint ADDRESS:PORT\"")
                : Finding("endpoints", .ok, list),
            Finding("ipv6", .ok, six.isEmpty ? "no global address; the underlay is used with IPv4 only" : "\(six[0].address)"),
        ]
    }

    private func peers(_ status: AgentStatus) -> Finding {
        let wanted = status.peers.filter { $0.configured || $0.state == "no-endpoint" || $0.state == "not-configured" }
        let missing = wanted.filter { $0.path == nil }
        let found = "\(wanted.count - missing.count) of \(wanted.count) have a session"
        guard let first = missing.first else { return Finding("peers", .ok, found) }
        return Finding(
            "peers", missing.count == wanted.count ? .fail : .warn, "\(found); \(first.name): \(first.why ?? "not connected")",
            advice: "UDP to its endpoint must get through: \"warren-agent peers \(first.name)\"")
    }
}
