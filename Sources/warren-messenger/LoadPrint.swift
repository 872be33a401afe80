import MessengerLogic

/// The report of a load, for people.
enum LoadPrint {
    static func show(_ report: LoadReport) {
        print(
            "\(report.attempts) messages in \(report.seconds) s: \(report.delivered) delivered (\(report.deliveredPerSecond) a second)"
                + (report.queued > 0 ? ", \(report.queued) queued" : ""))
        show("failed", report.failed)
        show("not taken", report.notTaken)
        guard let latency = report.latencyMilliseconds else { return }
        print(
            "latency of the delivered ones: p50 \(latency.p50) ms, p90 \(latency.p90) ms, p99 \(latency.p99) ms, max \(latency.max) ms"
        )
        let most = max(1, latency.histogram.map(\.messages).max() ?? 1)
        let labels = latency.histogram.map { "< \($0.below) ms" }
        let width = labels.map(\.count).max() ?? 0
        for (bar, label) in zip(latency.histogram, labels) {
            // What is there is seen, however few they are.
            let length = bar.messages == 0 ? 0 : max(1, bar.messages * 40 / most)
            let padding = String(repeating: " ", count: width - label.count)
            print("  \(padding)\(label)  \(String(repeating: "#", count: length))\(length > 0 ? " " : "")\(bar.messages)")
        }
    }

    private static func show(_ what: String, _ counts: [String: Int]) {
        guard !counts.isEmpty else { return }
        let parts = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        print("\(what): \(parts.joined(separator: ", "))")
    }
}
