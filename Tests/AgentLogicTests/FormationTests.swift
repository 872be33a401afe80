import Basics
import Testing

@testable import AgentLogic

/// Two machines must come to a session soon, whatever the order in which they hear of each other, and then be left alone.
@Suite struct FormationTests {
    /// Runs many seeds and returns the times they took, sorted; a run that does not connect within the limit fails.
    private func times(
        _ seeds: Int, _ setup: PairSimulation.Setup = .init(), within limit: Duration,
        _ prepare: (inout PairSimulation, inout SeededGenerator) -> Void
    ) throws -> [Duration] {
        try (0..<seeds).map { seed in
            var simulation = try PairSimulation(setup, seed: seed)
            var generator = SeededGenerator(seed: UInt64(seed) &+ 1_000_000)
            prepare(&simulation, &generator)
            let time = simulation.run(for: limit) { $0.isConnected }
            return try #require(time, "seed \(seed): no session within \(DurationText.format(limit))")
        }.sorted()
    }

    /// Two machines that join at about the same time: each finds the other in its first map.
    @Test func twoThatArriveTogetherConnectAtOnce() throws {
        let times = try times(1_500, within: .milliseconds(5_500)) { simulation, generator in
            let first = generator.chance(0.5) ? 0 : 1
            simulation.boot(first)
            simulation.advance(.random(in: .zero ... .milliseconds(100), using: &generator))
            simulation.boot(1 - first)
        }
        #expect(times[times.count / 2] < .milliseconds(60))
        #expect(times[times.count * 95 / 100] < .milliseconds(500))
    }

    /// A packet for a peer starts a handshake by itself, whoever's turn it is: two machines that both have something to send must not
    /// get into each other's way by that.
    @Test func trafficThatWaitsForTheTunnelDoesNotHinderIt() throws {
        let setup = PairSimulation.Setup(latency: .microseconds(50) ... .milliseconds(5), knocks: .milliseconds(40))
        let together = try times(1_000, setup, within: .seconds(2)) { simulation, generator in
            let first = generator.chance(0.5) ? 0 : 1
            simulation.boot(first)
            simulation.advance(.random(in: .zero ... .milliseconds(100), using: &generator))
            simulation.boot(1 - first)
        }
        #expect(together[together.count / 2] < .milliseconds(60))
        #expect(together[together.count * 95 / 100] < .milliseconds(500))
        for late in [0, 1] {
            _ = try times(500, setup, within: .milliseconds(110)) { simulation, generator in
                simulation.advance(.random(in: .zero ... .milliseconds(40), using: &generator))
                simulation.boot(1 - late, as: .newcomer)
                simulation.advance(.random(in: .zero ... .milliseconds(20), using: &generator))
                simulation.boot(late)
            }
        }
    }

    /// Those who are there hear of a new machine before it is ready.
    @Test(arguments: [0, 1])
    func aMachineThatArrivesConnectsAtOnce(_ index: Int) throws {
        let setup = PairSimulation.Setup(latency: .microseconds(50) ... .milliseconds(5))
        _ = try times(500, setup, within: .milliseconds(110)) { simulation, generator in
            simulation.boot(1 - index, as: .newcomer)
            simulation.advance(.random(in: .milliseconds(20) ... .milliseconds(120), using: &generator))
            simulation.boot(index)
        }
    }

    /// A machine was dropped and is back, and has kept its session all the time: one handshake, and nothing more afterwards.
    @Test func aReunionConnectsSoonAndOnce() throws {
        for seed in 0..<300 {
            var simulation = try PairSimulation(.init(), seed: seed)
            simulation.boot(0)
            simulation.boot(1)
            simulation.advance(.seconds(8 + seed % 30) + .milliseconds(seed * 37 % 1_000))
            try #require(simulation.isConnected)
            simulation.boot(seed % 2, as: .reunion)
            _ = try #require(simulation.run(for: .milliseconds(350)) { $0.isConnected }, "seed \(seed)")
            let soon = simulation.now + .seconds(5)
            simulation.advance(.seconds(30))
            #expect(simulation.events(seed % 2).count == 1, "seed \(seed): the session was given up")
            #expect(simulation.changes.allSatisfy { $0.time <= soon }, "seed \(seed)")
        }
    }

    @Test(arguments: [0, 1])
    func aFastRestartIsOverWithinASecond(_ index: Int) throws {
        let times = try times(500, within: .seconds(1)) { simulation, generator in
            simulation.boot(0)
            simulation.boot(1)
            _ = simulation.run(for: .seconds(2))
            simulation.advance(.random(in: .zero ... .seconds(30), using: &generator))
            simulation.boot(index)
        }
        #expect(times[times.count / 2] < .milliseconds(300))
    }

    @Test func bothRestartingAtOnceConnect() throws {
        _ = try times(500, within: .seconds(1)) { simulation, generator in
            simulation.boot(0)
            simulation.boot(1)
            simulation.advance(.seconds(5))
            simulation.boot(0)
            simulation.advance(.random(in: .zero ... .milliseconds(50), using: &generator))
            simulation.boot(1)
        }
    }

    /// Within a second; within two and a half where both sides happen to start at the same moment and cancel each other.
    @Test func aMachineThatComesBackAfterLongConnectsSoon() throws {
        for late in [0, 1] {
            let times = try times(60, within: .milliseconds(2_500)) { simulation, generator in
                simulation.boot(1 - late)
                simulation.advance(.random(in: .seconds(5) ... .seconds(90), using: &generator))
                simulation.boot(late)
            }
            #expect(times[times.count * 9 / 10] < .seconds(1))
        }
    }

    @Test func losingPacketsOnlyDelays() throws {
        let setup = PairSimulation.Setup(loss: 0.3)
        let times = try times(500, setup, within: .seconds(12)) { simulation, _ in
            simulation.boot(0)
            simulation.boot(1)
        }
        #expect(times[times.count / 2] < .milliseconds(900))
    }

    @Test func aRoundTripLongerThanTheRetryIntervalStillConnects() throws {
        let setup = PairSimulation.Setup(latency: .milliseconds(500) ... .milliseconds(700))
        _ = try times(300, setup, within: .seconds(60)) { simulation, generator in
            simulation.boot(0)
            simulation.advance(.random(in: .zero ... .milliseconds(400), using: &generator))
            simulation.boot(1)
        }
    }

    /// By satellite: the first session may be doubted, because nothing can come back in time; the next one is given longer.
    @Test func aLongWayIsDoubtedOnceAtTheMost() throws {
        for seed in 0..<100 {
            var simulation = try PairSimulation(.init(latency: .milliseconds(300) ... .milliseconds(330)), seed: seed)
            simulation.boot(seed % 2)
            simulation.advance(.milliseconds(100))
            simulation.boot(1 - seed % 2)
            simulation.advance(.seconds(30))
            #expect(simulation.isConnected)
            let silent = (0...1).map { index in
                simulation.events(index).filter { if case .sessionSilent = $0 { true } else { false } }.count
            }
            #expect(silent.max() ?? 0 <= 1, "seed \(seed): \(silent)")
            let before = simulation.changes.count
            simulation.advance(.seconds(30))
            #expect(simulation.changes.count == before, "seed \(seed)")
        }
    }

    @Test func theNextCandidateIsTriedSoon() throws {
        let setup = PairSimulation.Setup(endpointIndex: [2, nil])
        _ = try times(300, setup, within: .milliseconds(1_500)) { simulation, _ in
            simulation.boot(1)
            simulation.boot(0)
        }
    }

    @Test func oneSideThatCanReachTheOtherIsEnough() throws {
        for reachable in [0, 1] {
            let setup = PairSimulation.Setup(endpointIndex: reachable == 0 ? [nil, 0] : [0, nil])
            _ = try times(300, setup, within: .milliseconds(900)) { simulation, _ in
                simulation.boot(0)
                simulation.boot(1)
            }
        }
    }

    /// After both have seen the session: no change for a minute, even when the wall clock is set in between.
    @Test func aSessionIsLeftAlone() throws {
        for seed in 0..<200 {
            var simulation = try PairSimulation(.init(), seed: seed)
            simulation.boot(seed % 2)
            simulation.boot(1 - seed % 2)
            _ = try #require(simulation.run(for: .seconds(1)) { $0.isConnected })
            simulation.advance(.milliseconds(4_500))
            let before = simulation.changes.count
            simulation.wallClockOffset += seed % 3 == 0 ? 100_000 : -100_000
            simulation.advance(.seconds(60))
            #expect(simulation.changes.count == before, "seed \(seed)")
            #expect(simulation.isConnected)
            for index in 0...1 {
                let formed = simulation.events(index).filter { if case .sessionFormed = $0 { true } else { false } }
                #expect(formed.count == 1 && simulation.events(index).count == 1, "seed \(seed)")
            }
        }
    }

    /// Starting forever against a machine that is not there stays cheap.
    @Test func startsBackOffToTheCeiling() throws {
        for late in [0, 1] {
            var simulation = try PairSimulation(.init(), seed: 1)
            simulation.boot(late)
            simulation.advance(.seconds(60))
            let atFirst = simulation.changes.count
            simulation.advance(.seconds(600))
            let perMinute = Double(simulation.changes.count - atFirst) / 10
            #expect(perMinute <= 18.1 && perMinute >= 11, "\(perMinute) starts a minute")
        }
    }
}
