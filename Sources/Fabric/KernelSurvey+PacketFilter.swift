import Basics
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import Netlink

extension KernelSurvey {
    /// Loads rules of each kind that the lab uses.
    func packetFilter(isolation: isolated (any Actor)? = #isolation) async -> [KernelFeature] {
        let kinds: [(String, KernelFeature.Use, String, String, String)] = [
            (
                "nft-bridge", .needed, "partitions and blocked ports",
                "table bridge t {\nchain c {\ntype filter hook forward priority 0;\niifname . oifname { \"a\" . \"b\" } counter drop\n}\n}",
                "modprobe nf_tables nft_meta_bridge"
            ),
            (
                "nft-inet", .optional, "counting and blocking on a machine",
                "table inet t {\nchain c {\ntype filter hook input priority 0;\nudp dport 9 counter drop\n}\n}",
                "modprobe nf_tables nft_counter"
            ),
            (
                "nft-netdev", .optional, "loss for each direction of a link",
                "table netdev t {\nchain c {\ntype filter hook ingress device lo priority 0;\nnumgen random mod 1000 < 1 drop\n}\n}",
                "modprobe nf_tables nft_numgen"
            ),
            (
                "conntrack", .optional, "filters that know answers",
                "table ip t1 {\nchain c {\ntype filter hook forward priority 0;\nct state established accept\n}\n}",
                "modprobe nf_conntrack nft_ct"
            ),
            (
                "nat", .optional, "NAT gateways",
                NATRules.script(.endpointIndependent, external: .v4(0xc612_fffe), ports: 1_024...65_535, seconds: 1),
                "modprobe nft_nat nft_chain_nat nf_conntrack_netlink"
            ),
        ]
        var features: [KernelFeature] = []
        let nft = findExecutable("nft")
        for (name, use, purpose, rules, remedy) in kinds {
            let problem = await problem(nft, rules)
            features.append(
                KernelFeature(
                    name, use, purpose, problem: problem, tried: "loaded rules with nft",
                    remedy: nft == nil ? "apt-get install --no-install-recommends nftables" : remedy))
        }
        return features
    }

    private func problem(_ nft: String?, _ rules: String, isolation: isolated (any Actor)? = #isolation) async -> String? {
        guard let nft else { return "nft is not installed" }
        do throws(CodedError) {
            try await ShortCommand.run(nft, ["-f", "-"], input: rules + "\n", in: folder, namespacesOf: scratch.entry)
        } catch {
            return "\(error)".split(separator: "\n").first.map(String.init)
        }
        return nil
    }

    /// Makes a control group below this process's own and removes it again.
    func controlGroupProblem() -> String? {
        guard let file = fopen("/proc/self/cgroup", "re") else { return "no control groups: \(errorText(errno))" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4_096)
        var last: Int32 = ENOENT
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[1].hasPrefix("name=") else { continue }
            let hierarchy = parts[1].isEmpty ? "" : "/\(parts[1])"
            let path =
                "/sys/fs/cgroup\(hierarchy)\(parts[2] == "/" ? "" : parts[2])/lab-doctor-\(getpid())-\(scratch.initProcess.pid)"
            if mkdir(path, 0o755) == 0 {
                rmdir(path)
                return nil
            }
            last = errno
        }
        return errorText(last)
    }
}
