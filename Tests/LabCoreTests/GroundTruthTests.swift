import Basics
import Testing

@testable import LabCore

@Suite struct GroundTruthTests {
    private func sample(_ isAlive: Bool, _ liveness: String?, separated: Bool = false) -> [String: GroundTruth.Sample] {
        ["ash": GroundTruth.Sample(isAlive: isAlive, isSeparated: separated, liveness: liveness)]
    }

    private func seconds(_ count: Int) -> MonotonicTime { .zero + .seconds(count) }

    @Test func timesAddUpWhereTheCoordinatorIsWrong() {
        var truth = GroundTruth()
        truth.add(sample(true, "alive"), at: seconds(0))
        truth.add(sample(false, "alive"), at: seconds(3))
        truth.add(sample(false, "suspect"), at: seconds(5))
        truth.add(sample(false, "unresponsive"), at: seconds(6))
        #expect(truth.falseOnline["ash"] == .seconds(5))
        truth.add(sample(true, "unresponsive"), at: seconds(8))
        #expect(truth.falseOffline["ash"] == .seconds(2))
        #expect(GroundTruth.worst(truth.falseOnline)?.name == "ash")
    }

    @Test func nobodyIsBlamedForWhatTheLabCutsOffOrForStrangers() {
        var truth = GroundTruth()
        truth.add(sample(false, "alive"), at: seconds(0))
        truth.add(sample(false, "alive"), at: seconds(1))
        truth.add(sample(true, "unresponsive", separated: true), at: seconds(2))
        truth.add(sample(true, nil), at: seconds(3))
        #expect(truth.falseOnline.isEmpty && truth.falseOffline.isEmpty)
    }

    /// Nobody can have heard from a machine that is just back, and a coordinator that does not answer claims nothing.
    @Test func whoIsJustBackAndWhoIsSilentAreNotBlamed() {
        var truth = GroundTruth(grace: .seconds(2))
        truth.add(sample(true, "alive"), at: seconds(0))
        truth.add(sample(false, "unresponsive"), at: seconds(10))
        truth.add(sample(true, "unresponsive"), at: seconds(20))
        truth.add(sample(true, "unresponsive"), at: seconds(21))
        #expect(truth.falseOffline.isEmpty)
        truth.add(sample(true, "unresponsive"), at: seconds(22))
        #expect(truth.falseOffline["ash"] == .seconds(1))
        truth.skip()
        truth.add(sample(true, "unresponsive"), at: seconds(90))
        #expect(truth.falseOffline["ash"] == .seconds(1))
    }
}
