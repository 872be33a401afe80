import Basics
import LabReport
import Timing

/// A run for an audience: it pauses at marks, and takes commands meanwhile.
extension LiveLab {
    /// Carries out the whole scenario, with its end and its report.
    public func play(interruption: OneShot<String>) async throws -> Report {
        state = .playing
        let report = try await run.run(
            interruption: interruption,
            stage: Stage { tell in await self.pause(tell) })
        await endCommands()
        await endCaptures()
        return report
    }

    private func pause(_ tell: @Sendable () -> Void) async -> Bool {
        let before = stepCount
        let gate = OneShot<Bool>()
        curtain = gate
        state = .paused
        tell()
        _ = await gate.value()
        curtain = nil
        state = .playing
        await lastStep?.value
        return stepCount != before
    }

    /// Whether the lab is in a state to do such a thing.
    ///
    /// - Throws: `lab.busy`.
    func checkReadiness(for request: LiveRequest.Kind) throws(CodedError) {
        let isReady =
            switch (state, request) {
            case (.up, _), (.kept, _): request != .proceed
            case (.paused, _): request != .down
            case (.playing, .status), (.playing, .exec), (.playing, .capture): true
            default: false
            }
        guard isReady else {
            let hint =
                [.playing, .paused].contains(state) ? "; it ends with \"lab demo\", and can be changed while that pauses" : ""
            throw CodedError("lab.busy", "the lab \"\(name)\" is \(state.rawValue)\(hint)")
        }
    }
}
