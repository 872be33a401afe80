import Fabric
import MeshModel
import NetworkModel
import ScenarioModel

/// What was there before a step, and what it counted: its proof compares. Made anew for each step.
struct StepMemory {
    // MARK: Before the step

    /// The processes of the services that run, by `MACHINE/SERVICE`, in the lab's own numbering.
    var processes: [String: Int32] = [:]
    /// How often each machine had been booted.
    var boots: [String: Int] = [:]
    var addresses: [String: [IPAddress]] = [:]
    /// Link faults that were on.
    var faults: [String: LinkFault] = [:]
    var faultSet = FaultSet()
    /// Machines with a fault on the cable or the disk, or a service that was paused.
    var troubled: Set<String> = []
    /// Machines whose cables were pulled.
    var unplugged: Set<String> = []
    /// What a gateway had in mind.
    var mappings: [NATMapping] = []

    // MARK: During the step

    /// How often the carrier was seen as lost.
    var flaps = 0
    /// The mappings that the gateway gave up; nil: it was not asked to.
    var endedMappings: [NATMapping]?
    /// Services whose process took the signal.
    var signalled: Set<String> = []
    /// Machines on which the command ended as it should.
    var ran: [String] = []
}

extension LabNetwork {
    /// To be called before each step, also before one that is left undone.
    func remember(before action: Action) throws {
        var memory = StepMemory(faults: faults, faultSet: faultSet)
        for (name, machine) in machines {
            for (service, running) in machine.services { memory.processes["\(name)/\(service)"] = running.process.pid }
            guard let node = machine.node else { continue }
            memory.boots[name] = node.boots
            memory.addresses[name] = node.addresses
            if !node.isLinkUp { memory.unplugged.insert(name) }
            let isPaused = machine.services.values.contains(where: \.isPaused)
            if !node.isLinkUp || node.cableMTU != nil || diskStates[name] != nil || isPaused { memory.troubled.insert(name) }
        }
        if case .nat(let site, _) = action { memory.mappings = try parts().fabric.mappings(of: site) }
        self.memory = memory
    }

    /// Remembers that the command ended as it should.
    func noteRun(on name: String) { memory.ran.append(name) }
}
