import Basics
import LinuxProcess
import NetworkModel
import ScenarioModel
import Timing

/// The lab's own look at what a step did: probes from machine to machine, and what the kernel says.
extension LabNetwork {
    /// The most links that are probed for one fault.
    static let probedLinks = 64
    /// How many probes tell a share.
    static let shareProbes = 200

    /// Nil: there is nothing to look at.
    func proof(of action: Action) async -> FaultProof? {
        do {
            switch action {
            case .boot, .roam, .nat, .mtu, .disk, .cable, .flap, .crash: return try await readBack(action)
            case .start(let target), .restart(let target): return try proofOfServices(target, .running)
            case .stop(let target, _): return try proofOfServices(target, .stopped)
            case .pause(let target): return try proofOfServices(target, .paused)
            case .resume(let target): return try proofOfServices(target, .running)
            case .kill, .run: return nil
            case .fault(let name, let fault): return try await proof(of: fault, name)
            case .heal: return try await proofOfHealing()
            }
        } catch {
            return FaultProof(.unknown, "could not look: \(error)")
        }
    }

    private func proof(of fault: LinkFault, _ name: String) async throws -> FaultProof {
        switch fault {
        case .cut(let links, _): return ProofJudge.cut(try await sample(links, count: 3, spacing: .milliseconds(5)))
        case .block(let links, let traffic): return try await proofOfBlock(name, links, traffic)
        case .impairment(let links, let properties): return try await proofOfImpairment(links, properties)
        }
    }

    private func proofOfImpairment(_ links: Set<DirectedLink>, _ wanted: LinkProperties) async throws -> FaultProof {
        let open = links.filter { !isCut($0) }
        let hasShares = wanted.loss > 0 || wanted.duplicate > 0 || wanted.reorder > 0 || wanted.corrupt > 0
        let samples = try await sample(
            open, count: hasShares ? Self.shareProbes : 21, spacing: hasShares ? .milliseconds(1) : .milliseconds(5),
            most: hasShares ? 6 : 24, patience: wanted.delay + wanted.jitter)
        var wrong: [String] = []
        for sample in samples {
            let expected = effective(on: sample.link)
            wrong += ProofJudge.impaired(sample, expected).map { "\(sample.link): \($0)" }
        }
        if let rate = wanted.rate {
            let frames = max(24, min(400, rate / 8 / 5 / 1_442))
            for sample in try await sample(open, count: frames, spacing: .zero, most: 2, patience: .seconds(2), length: 1_400) {
                wrong += ProofJudge.slowed(sample, effective(on: sample.link).rate ?? rate).map { "\(sample.link): \($0)" }
            }
        }
        let detail = "\(samples.reduce(0) { $0 + $1.probes.count }) probes over \(samples.count) of \(links.count) links"
        guard !samples.isEmpty else { return FaultProof(.yes, "read back from the kernel; no machine was on to be probed") }
        guard !wrong.isEmpty else { return FaultProof(.yes, "\(detail): as told\(summary(of: samples))") }
        return FaultProof(.no, "\(detail): \(wrong.prefix(4).joined(separator: "; "))")
    }

    private func summary(of samples: [LinkSample]) -> String {
        let delays = samples.flatMap(\.delays).sorted()
        guard let median = delays.dropFirst(delays.count / 2).first else { return "" }
        let lost = samples.reduce(0) { $0 + $1.probes.count - $1.arrived.count }
        return ", median one way \(DurationText.format(median)), \(lost) lost"
    }

    private func proofOfHealing() async throws -> FaultProof? {
        let links = memory.healed.filter { !isCut($0) }
        guard !links.isEmpty else { return nil }
        // Probes may be lost on links that are still impaired: ask until one arrives.
        let deadline = MonotonicTime.now + .seconds(2)
        while true {
            let proof = ProofJudge.open(try await sample(links, count: 5, spacing: .milliseconds(5)))
            if proof.answer == .yes || MonotonicTime.now >= deadline { return proof }
        }
    }

    private func proofOfServices(_ target: Target, _ state: ServiceState) throws -> FaultProof {
        let table = try ProcessTable.read()
        var wrong: [String] = []
        var count = 0
        for (label, pid) in try processes(of: target) {
            count += 1
            let tree = pid.map { table.tree(of: $0) } ?? []
            let states = Set(tree.compactMap { table.entries[$0]?.state })
            let isThere =
                switch state {
                case .running: !tree.isEmpty && !states.contains("T") && states != ["Z"]
                case .stopped: pid == nil
                case .paused: !tree.isEmpty && states.subtracting(["Z"]) == ["T"]
                }
            if !isThere { wrong.append(label) }
        }
        return FaultProof(
            wrong.isEmpty,
            wrong.isEmpty ? "\(count) \(state.rawValue)" : "not \(state.rawValue): \(wrong.joined(separator: ", "))")
    }

    // MARK: Probes

    /// Sends probes over links, all links at once, and waits for what arrives.
    ///
    /// - Parameters:
    ///   - most: of more links than this, so many are chosen, evenly.
    ///   - patience: how long probes may be under way, beyond what a plain wire needs.
    func sample(
        _ links: Set<DirectedLink>, count: Int, spacing: Duration, most: Int = LabNetwork.probedLinks,
        patience: Duration = .zero, length: Int = EchoPacket.length
    ) async throws -> [LinkSample] {
        let usable = links.filter { canProbe($0) }.sorted()
        let step = max(1, (usable.count + most - 1) / max(1, most))
        let chosen = stride(from: 0, to: usable.count, by: step).map { usable[$0] }
        var samples = chosen.map { LinkSample(link: $0, frameBytes: length + 34) }
        var numbers = [[UInt64]](repeating: [], count: chosen.count)
        for _ in 0..<count {
            for index in samples.indices {
                let link = samples[index].link
                guard let target = machines[link.to]?.underlayAddress else { continue }
                switch prober.send(from: link.from, to: target, isPlain: true, isTraced: true, length: length) {
                case .sent(let number):
                    samples[index].probes.append(LinkSample.Probe(sentAt: .now, arrivals: []))
                    numbers[index].append(number)
                case .refused: samples[index].refused += 1
                case .machineOff: break
                }
            }
            if spacing > .zero { try await Task.sleep(for: spacing) }
        }
        try await settle(numbers, until: .now + .milliseconds(100) + patience + patience / 4)
        for index in samples.indices {
            for (position, number) in numbers[index].enumerated() {
                samples[index].probes[position].arrivals = prober.arrivals(number).filter { $0.machine == samples[index].link.to }
            }
            prober.forget(numbers[index])
        }
        return samples
    }

    /// Waits until everything has arrived, or the time is up.
    private func settle(_ numbers: [[UInt64]], until deadline: MonotonicTime) async throws {
        while MonotonicTime.now < deadline {
            if numbers.allSatisfy({ $0.allSatisfy { !prober.arrivals($0).isEmpty } }) { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        // A second copy comes a little after the first.
        try await Task.sleep(for: .milliseconds(5))
    }

    /// Both are on, and the receiver can be addressed from where the sender is.
    private func canProbe(_ link: DirectedLink) -> Bool {
        guard let from = machines[link.from], let to = machines[link.to], from.isRunning, to.isRunning else { return false }
        return isAddressable(to.name, from: from.name)
    }
}
