import Basics
import LabReport
import ScenarioModel
import Timing

/// The end of every run: all services are asked to end, and must leave nothing behind.
enum Aftermath {
    static func check(_ network: LabNetwork, scenario: Scenario) async throws -> [Report.CheckResult] {
        var results = [await noUnexpectedEnds(network)]
        let begin = MonotonicTime.now
        let everything = Target(machines: network.allMachines, service: nil)
        let stopLimit = network.book.stopLimit(everything)
        try await network.stop(everything, within: stopLimit)
        let stopped = MonotonicTime.now - begin
        var complaints = await network.badStops
        if stopped > stopLimit { complaints.append("it took too long") }
        for name in everything.machines {
            guard try await network.isRunning(name) else { continue }
            if let interface = network.book.interface,
                let left = try await network.routes(of: name, interface: interface)
            {
                complaints.append("\(name) still has \(left.link.name) with \(left.routes.count) routes")
            }
            let processes = try await network.processCount(on: name)
            if processes > 0 { complaints.append("\(name) still has \(processes) processes") }
        }
        results.append(
            Report.CheckResult(
                id: "clean-stop", title: "every service ends when asked and leaves no interface, route or process",
                outcome: complaints.isEmpty ? .pass : .fail, seconds: stopped.inSeconds, bound: stopLimit.inSeconds,
                detail: complaints.isEmpty ? "everything ended by itself, nothing left" : complaints.joined(separator: "; ")))
        try await network.crash(everything.machines)
        return results
    }

    private static func noUnexpectedEnds(_ network: LabNetwork) async -> Report.CheckResult {
        let ends = await network.unexpectedEnds
        return Report.CheckResult(
            id: "no-unexpected-end", title: "no service ended by itself", outcome: ends.isEmpty ? .pass : .fail, seconds: 0,
            bound: nil,
            detail: ends.isEmpty ? "none" : ends.joined(separator: "; "))
    }
}
