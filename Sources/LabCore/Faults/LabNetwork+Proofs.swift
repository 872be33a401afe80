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
    /// Bytes of a probe that tells a rate.
    static let longProbe = 1_400

    /// How many long probes tell a rate in bits per second: as many as pass in a fifth of a second.
    static func frames(at rate: Int) -> Int { max(24, min(400, rate / 8 / 5 / (longProbe + 42))) }

    /// Looks whether the step took effect, again and again while it has not and what it did may still be on its way.
    ///
    /// - Returns: nil if there is nothing to look at.
    func proof(of action: Action) async -> FaultProof? {
        let deadline = MonotonicTime.now + patience(with: action)
        while true {
            let proof: FaultProof?
            do { proof = try await look(at: action) } catch { proof = FaultProof(.unknown, "could not look: \(error)") }
            guard let proof, proof.answer == .no, MonotonicTime.now < deadline, !Task.isCancelled else { return proof }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func look(at action: Action) async throws -> FaultProof? {
        switch action {
        case .boot, .roam, .nat, .mtu, .disk, .cable, .flap, .crash: try await readBack(action)
        case .start, .stop, .restart, .pause, .resume, .kill: try proofOfProcesses(action)
        case .run(_, let names):
            FaultProof(memory.ran == names, "ended as it should on \(memory.ran.count) of \(names.count) machines")
        case .fault(let name, let fault): try await proof(of: fault, name)
        case .heal(let name): try await proofOfHealing(name)
        }
    }

    private func proof(of fault: LinkFault, _ name: String) async throws -> FaultProof {
        let seen =
            switch fault {
            case .cut(let links, _): ProofJudge.cut(try await sample(links, count: 3, spacing: .milliseconds(5)))
            case .block(let links, let traffic): try await proofOfBlock(name, links, traffic)
            case .impairment(let links, let properties): try await proofOfImpairment(name, links, properties)
            }
        // Probes cannot tell it from another fault that does the same, or that is too small to be seen.
        guard seen.answer == .yes, faults[name] != fault else { return seen }
        return FaultProof(.no, "\(name) is not among the faults that are on")
    }

    private func proofOfImpairment(_ name: String, _ links: Set<DirectedLink>, _ wanted: LinkProperties) async throws
        -> FaultProof
    {
        // Not the lab's own state: a fault that it forgot to ask for must be missed.
        var target = memory.faultSet
        target.add(name, .impairment(wanted), on: LinkSet(links))
        let open = links.filter { !isCut($0) }
        let samples = try await measure(open, wanted)
        var wrong: [String] = []
        for sample in samples {
            let expected = effective(on: sample.link, under: target)
            wrong += ProofJudge.impaired(sample, expected).map { "\(sample.link): \($0)" }
        }
        if let rate = wanted.rate {
            for sample in try await sample(
                open, count: Self.frames(at: rate), spacing: .zero, most: 2, patience: .seconds(2), length: Self.longProbe)
            {
                wrong += ProofJudge.slowed(sample, effective(on: sample.link, under: target).rate ?? rate).map {
                    "\(sample.link): \($0)"
                }
            }
        }
        let detail = "\(samples.reduce(0) { $0 + $1.probes.count }) probes over \(samples.count) of \(links.count) links"
        guard !samples.isEmpty else {
            return FaultProof(
                .yes, "read back from the kernel; nothing could be probed (machines off, unplugged, or behind a NAT)")
        }
        guard !wrong.isEmpty else { return FaultProof(.yes, "\(detail): as told\(summary(of: samples))") }
        return FaultProof(.no, "\(detail): \(wrong.prefix(4).joined(separator: "; "))")
    }

    /// As many probes as tell such properties from none.
    func measure(_ links: Set<DirectedLink>, _ wanted: LinkProperties) async throws -> [LinkSample] {
        let hasShares = wanted.loss > 0 || wanted.duplicate > 0 || wanted.reorder > 0 || wanted.corrupt > 0
        return try await sample(
            links, count: hasShares ? Self.shareProbes : 21, spacing: hasShares ? .milliseconds(1) : .milliseconds(5),
            most: hasShares ? 6 : 24, patience: wanted.delay + wanted.jitter + .milliseconds(300))
    }

    private func summary(of samples: [LinkSample]) -> String {
        let delays = samples.flatMap(\.delays).sorted()
        guard let median = delays.dropFirst(delays.count / 2).first else { return "" }
        let lost = samples.reduce(0) { $0 + $1.probes.count - $1.arrived.count }
        return ", median one way \(DurationText.format(median)), \(lost) lost"
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

    /// Both are on and plugged in, and the receiver can be addressed from where the sender is.
    func canProbe(_ link: DirectedLink) -> Bool {
        guard let from = machines[link.from], let to = machines[link.to], from.isRunning, to.isRunning else { return false }
        // A cable that is pulled stops everything by itself.
        guard from.node?.isLinkUp == true, to.node?.isLinkUp == true else { return false }
        return isAddressable(to.name, from: from.name)
    }
}

extension LabNetwork {
    /// How long what a step did may take to show: the kernel delivers signals and takes links up in its own time.
    private func patience(with action: Action) -> Duration {
        switch action {
        case .run, .fault(_, .cut), .fault(_, .block): .zero
        // New neighbours have to find one another.
        case .roam: .seconds(2)
        // The kernel takes a link up when it comes to it, on a busy machine after seconds.
        case .heal(nil) where !memory.unplugged.isEmpty: .seconds(10)
        default: .seconds(1)
        }
    }
}
