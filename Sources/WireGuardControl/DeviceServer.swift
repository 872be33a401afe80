import Basics
import Glibc
import LinuxProcess

/// The process that serves a userspace device: started by this one, or left by an earlier run of it.
enum DeviceServer: Sendable {
    case child(ChildProcess)
    case adopted(ProcessWatch)

    var hasEnded: Bool {
        switch self {
        case .child(let process): process.status != nil
        case .adopted(let process): process.hasExited
        }
    }

    /// How it ended, for people; also when the task is cancelled.
    func waitForEnd() async -> String {
        switch self {
        case .child(let process): return await process.wait().map { "\($0)" } ?? "cancelled"
        case .adopted(let process):
            await process.waitForExit()
            return "the adopted process ended"
        }
    }

    /// Asks it to end, and kills it after the grace period.
    func terminate(grace: Duration) async {
        switch self {
        case .child(let process): await process.terminate(grace: grace)
        case .adopted(let process):
            process.signal(SIGTERM)
            if await process.waitForExit(within: grace) { return }
            process.signal(SIGKILL)
            _ = await process.waitForExit(within: .seconds(1))
        }
    }
}
