import LabReport

/// A run with something of everything, and with texts that try to break out of where they are put.
enum Fixture {
    static let hostile =
        "</script><script>document.title='broken out'</script><img src=x onerror=\"1\"> & 'quoted' \u{1B}[31m\u{0}"

    static var report: Report {
        Report(
            scenario: "fixture", title: "Two machines <meet>", outcome: .fail, error: nil, seed: 7,
            startedAt: "2026-01-31T12:00:00.000000Z", seconds: 10.5,
            environment: Report.Environment(
                substrate: "namespaces", kernel: "6.1.0", backend: "wireguard-go", rootless: true, version: "0.1.0",
                engines: [Report.EngineUse(fault: "delay", engine: "relay", detail: "41 ms instead of 0.4")],
                capabilities: [Report.Capability(name: "netem", isPresent: false, detail: "no sch_netem")]),
            checks: checks, events: [], file: "Scenarios/it's.json", parameters: ["victims": "birch"],
            machines: [
                Report.Machine(
                    name: "ash", place: "backbone", labels: ["role": "edge"], underlay: "198.18.0.2", mesh: "100.64.0.1"),
                Report.Machine(name: "birch", place: "home"),
            ],
            resources: [
                Report.Resources(machine: "ash", service: "agent", peakMemory: 12 << 20, cpuSeconds: 0.25, fileDescriptors: 19)
            ])
    }

    private static var checks: [Report.CheckResult] {
        [
            Report.CheckResult(
                id: "mesh-forms", title: "every pair pings", outcome: .pass, seconds: 0.56, bound: 2,
                detail: "2 of 2 pairs answer",
                since: "agents", at: 1, end: 1.56, step: 3, kind: "eventually", machines: ["ash", "birch"], milestones: [1],
                claims: ["C1"]),
            Report.CheckResult(
                id: "death-noticed", title: "", outcome: .fail, seconds: 7.25, bound: 7, detail: hostile, at: 2,
                kind: "eventually"),
            Report.CheckResult(
                id: "cut-off", title: "", outcome: .inconclusive, seconds: 1, bound: 1, detail: "counter stayed 0", kind: "never"),
            Report.CheckResult(
                id: "later", title: "", outcome: .skipped, seconds: 0, bound: nil, detail: "the run did not get there"),
        ]
    }

    static var timeline: Timeline {
        let events = [
            TimelineEvent(at: 1, kind: .step, text: "power off birch"),
            TimelineEvent(
                at: 1, kind: .faultBegin, text: "power off birch", machines: ["birch"], fields: ["id": "f1", "fault": "crash"]),
            TimelineEvent(at: 5, kind: .faultEnd, fields: ["id": "f1"]),
            TimelineEvent(
                at: 1.5, kind: .matrix, machines: ["ash", "birch"], matrix: MatrixSample(rows: ["-1", "1-"], p50: 0.4)),
            TimelineEvent(at: 2.5, kind: .matrix, machines: ["ash", "birch"], matrix: MatrixSample(rows: ["-x", "x-"])),
        ]
        let lines = """
            {"time":"2026-01-31T12:00:02.500000Z","level":"warning","service":"agent","event":"session-lost","message":"gone","n":3}
            \(hostile)
            """
        return Timeline(
            events: events, logs: [LogFile(machine: "ash", service: "agent", bytes: Array(lines.utf8))],
            startedAt: report.startedAt)
    }
}
