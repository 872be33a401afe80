import Testing

@testable import AgentLogic

@Suite struct CoordinatorLinkTests {
    private var generator = SeededGenerator(seed: 3)

    @Test mutating func aNewMachineRegistersWithItsJoinSecretAndFollows() {
        var link = CoordinatorLink(hasCredential: false, hasJoinSecret: true)
        #expect(link.start() == .register(.joinSecret))
        #expect(link.next(after: .registered, using: &generator) == .follow(resuming: true))
    }

    @Test mutating func aKnownMachineUsesItsCredentialAndFallsBackToTheJoinSecret() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: true)
        #expect(link.start() == .register(.credential))
        #expect(link.next(after: .registrationFailed(.unauthorized), using: &generator) == .register(.joinSecret))
        #expect(link.next(after: .registered, using: &generator) == .follow(resuming: true))
    }

    @Test mutating func withoutAnyValidBearerItKeepsTryingSlowly() {
        for hasJoinSecret in [true, false] {
            var link = CoordinatorLink(hasCredential: true, hasJoinSecret: hasJoinSecret)
            for _ in 0..<20 {
                #expect(link.start() == .register(.credential))
                if hasJoinSecret {
                    #expect(link.next(after: .registrationFailed(.unauthorized), using: &generator) == .register(.joinSecret))
                }
                let wait = waited(link.next(after: .registrationFailed(.unauthorized), using: &generator))
                #expect(wait.map(CoordinatorLink.refusalPause.contains) == true)
                #expect(link.next(after: .waited, using: &generator) == .register(.credential))
            }
        }
    }

    @Test mutating func whileAnotherMachineHasItsKeyItTriesOnEverySecond() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: true)
        _ = link.next(after: .registrationFailed(.unauthorized), using: &generator)
        for _ in 0..<20 {
            let wait = waited(link.next(after: .registrationFailed(.keyInUse), using: &generator))
            #expect(wait.map(CoordinatorLink.cloneRetryPause.contains) == true)
            #expect(link.next(after: .waited, using: &generator) == .register(.credential))
        }
    }

    @Test mutating func anAbsentCoordinatorIsTriedQuicklyAtFirstAndForEver() {
        var link = CoordinatorLink(hasCredential: false, hasJoinSecret: true)
        var waits: [Duration] = []
        for _ in 0..<200 {
            waits.append(waited(link.next(after: .registrationFailed(.unreachable), using: &generator)) ?? .zero)
            #expect(link.next(after: .waited, using: &generator) == .register(.joinSecret))
        }
        #expect(waits[0] <= .milliseconds(50) && waits[0] > .zero)
        #expect(waits.dropFirst(10).allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(2) })
    }

    @Test mutating func aBrokenStreamIsOpenedAgainAtItsPosition() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: false)
        _ = link.next(after: .registered, using: &generator)
        for failure in [CoordinatorLink.Failure.unreachable, .doubtful] {
            let wait = waited(link.next(after: .streamEnded(failure, after: .seconds(60)), using: &generator))
            #expect(wait.map { $0 <= .milliseconds(50) } == true)
            #expect(link.next(after: .waited, using: &generator) == .follow(resuming: true))
        }
    }

    @Test mutating func aCoordinatorThatStopsIsGivenTheTimeItAskedFor() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: false)
        _ = link.next(after: .registered, using: &generator)
        #expect(link.next(after: .askedToReconnect(after: .seconds(7)), using: &generator) == .wait(.seconds(7)))
        #expect(link.next(after: .waited, using: &generator) == .follow(resuming: true))
    }

    /// A coordinator that accepts and hangs up at once is not hammered.
    @Test mutating func streamsThatEndAtOnceBackOff() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: false)
        _ = link.next(after: .registered, using: &generator)
        var last = Duration.zero
        for _ in 0..<20 {
            last = waited(link.next(after: .streamEnded(.unreachable, after: .milliseconds(5)), using: &generator)) ?? .zero
            _ = link.next(after: .waited, using: &generator)
        }
        #expect(last >= .seconds(1))
    }

    @Test mutating func outOfStepMeansASnapshotOnce() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: false)
        _ = link.next(after: .registered, using: &generator)
        _ = link.next(after: .streamEnded(.outOfStep, after: .seconds(9)), using: &generator)
        #expect(link.next(after: .waited, using: &generator) == .follow(resuming: false))
        _ = link.next(after: .streamEnded(.unreachable, after: .seconds(9)), using: &generator)
        #expect(link.next(after: .waited, using: &generator) == .follow(resuming: true))
    }

    @Test mutating func anInvalidCredentialLeadsBackToRegistration() {
        var link = CoordinatorLink(hasCredential: true, hasJoinSecret: true)
        _ = link.next(after: .registered, using: &generator)
        _ = link.next(after: .streamEnded(.unauthorized, after: .zero), using: &generator)
        #expect(link.next(after: .waited, using: &generator) == .register(.credential))
    }

    /// 100 histories of 1,000 outcomes each: there is always a next step, no wait is longer than the ceiling (or what was asked for), waits
    /// differ, and right after a steady stream the next one is short again.
    @Test func itNeverGivesUpAndASteadyStreamMakesItQuickAgain() {
        let failures: [CoordinatorLink.Failure] = [.unreachable, .unauthorized, .refused, .keyInUse, .outOfStep, .doubtful]
        var waits: Set<Duration> = []
        var resets = 0
        for seed in 0..<100 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var link = CoordinatorLink(hasCredential: seed % 2 == 0, hasJoinSecret: seed % 3 != 0)
            var step = link.start()
            for _ in 0..<1_000 {
                let failure = failures.randomElement(using: &generator) ?? .unreachable
                let lasted = Duration.milliseconds(Int.random(in: 0...4_000, using: &generator))
                let outcome: CoordinatorLink.Outcome =
                    switch step {
                    case .register: generator.chance(0.3) ? .registered : .registrationFailed(failure)
                    case .follow: .streamEnded(failure, after: lasted)
                    case .wait: .waited
                    }
                let isReset = lasted >= CoordinatorLink.steadyAfter && failure != .refused
                step = link.next(after: outcome, using: &generator)
                guard case .wait(let wait) = step else { continue }
                #expect(wait > .zero && wait <= CoordinatorLink.refusalPause.upperBound)
                waits.insert(wait)
                guard case .streamEnded = outcome, isReset else { continue }
                #expect(wait <= .milliseconds(50), "seed \(seed)")
                resets += 1
            }
        }
        #expect(waits.count > 20_000 && resets > 3_000, "\(waits.count) waits, \(resets) resets")
    }

    private func waited(_ step: CoordinatorLink.Step) -> Duration? {
        guard case .wait(let duration) = step else { return nil }
        return duration
    }
}
