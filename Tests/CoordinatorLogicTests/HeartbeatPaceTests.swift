import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct HeartbeatPaceTests {
    private func pace(ceiling: Int = 1_000) throws -> HeartbeatPace {
        let limits = try LivenessLimits(
            heartbeatInterval: .seconds(1), suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6))
        return HeartbeatPace(base: limits, ceiling: ceiling)
    }

    @Test func aFleetThatTheCeilingHasRoomForIsUntouched() throws {
        var pace = try pace()
        for machines in 0...1_000 {
            pace.setMachines(machines)
            #expect(pace.limits == pace.base)
        }
    }

    @Test(arguments: [
        (1_001, 1.25), (1_250, 1.25), (1_251, 1.5), (1_999, 2), (2_001, 2.5), (3_900, 4), (4_100, 5), (10_000, 10), (10_001, 12),
        (100_000, 112),
    ])
    func allThreeTimesGrowByOneFactor(_ machines: Int, _ factor: Double) throws {
        var pace = try pace()
        pace.setMachines(machines)
        #expect(pace.limits.heartbeatInterval.inSeconds == factor)
        #expect(pace.limits.suspectAfter.inSeconds == 3 * factor && pace.limits.unresponsiveAfter.inSeconds == 6 * factor)
    }

    @Test func theCeilingHoldsForEverySizeAndStepsAreFew() throws {
        var pace = try pace(ceiling: 50)
        var changes = 0
        for machines in 1...15_000 {
            let before = pace.limits
            pace.setMachines(machines)
            if pace.limits != before { changes += 1 }
            #expect(Double(machines) / pace.limits.heartbeatInterval.inSeconds <= 50.000_1)
            #expect(pace.limits.heartbeatInterval.inSeconds <= max(1, Double(machines) / 50) * 1.25)
        }
        #expect(changes < 40, "\(changes) changes while 15,000 machines joined")
    }

    @Test func oneMachineThatComesAndGoesChangesNothing() throws {
        var pace = try pace()
        pace.setMachines(1_001)
        let limits = pace.limits
        for _ in 0..<100 {
            pace.setMachines(1_000)
            #expect(pace.limits == limits)
            pace.setMachines(1_001)
            #expect(pace.limits == limits)
        }
        pace.setMachines(900)
        #expect(pace.limits == pace.base)
    }

    @Test func nothingIsStretchedBeyondWhatAnAgentTakes() throws {
        var pace = try pace(ceiling: 1)
        pace.setMachines(10_000_000)
        #expect(pace.limits.heartbeatInterval <= .seconds(300) && pace.limits.heartbeatInterval > .seconds(200))
        #expect(pace.limits.unresponsiveAfter <= .seconds(86_400))
    }
}
