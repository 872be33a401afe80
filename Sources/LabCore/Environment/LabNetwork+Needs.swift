import Basics
import Fabric
import Glibc
import LinuxProcess
import ScenarioModel

/// What a scenario asks of this kernel beyond what every run needs. Where it is missing, the run is skipped and not broken: other
/// scenarios can be run here.
extension LabNetwork {
    /// To be called inside the lab's namespaces, before anything is built.
    ///
    /// - Throws: `capability.ipv6`, `capability.filter`.
    func checkNeeds() async throws {
        if scenario.topology.families != .ipv4, access("/proc/net/if_inet6", F_OK) != 0 {
            throw CodedError(
                "capability.ipv6",
                "the scenario asks for IPv6, which this kernel has switched off: boot it without ipv6.disable=1")
        }
        let hasLinkFaults = scenario.steps.contains { step in
            if case .action(.fault) = step.kind { true } else { false }
        }
        guard hasLinkFaults || !basis.isEmpty else { return }
        let rules =
            "table bridge lab-needs { chain c { type filter hook forward priority 0; }; }\ndelete table bridge lab-needs\n"
        let result = try await CommandRun.run(programs.nft, ["-f", "-"], input: rules)
        guard result.status.isSuccess else {
            throw CodedError(
                "capability.filter",
                "the scenario has faults on links, which need nftables for bridges (modprobe nf_tables nft_meta_bridge): \(result.complaint)"
            )
        }
    }

    /// Turns the error of a gateway that this kernel cannot have into one that says so.
    static func explain(_ error: CodedError) -> CodedError {
        guard error.code == "nat.rules" else { return error }
        return CodedError(
            "capability.nat",
            "the scenario asks for a NAT gateway, which this kernel does not give (modprobe nft_nat nft_chain_nat nf_conntrack_netlink): \(error)"
        )
    }
}

extension Kernel {
    /// Whether an error says that this computer cannot do what a scenario asks for beyond what every run needs.
    public static func isLacking(_ error: any Error) -> Bool {
        (error as? CodedError)?.code.hasPrefix("capability.") ?? false
    }
}
