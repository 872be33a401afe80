import Testing

@testable import Observability

@Suite struct PrometheusTextTests {
    @Test func metricsAreWrittenAsPrometheusReadsThem() {
        var text = PrometheusText()
        text.add("a_total", .counter, "Of\nthis \\ that.", [([("x", "a\"b\\c\nd"), ("y", "ä")], 3), ([], 0.5)])
        text.add("b", .gauge, "One.", 1e18)
        #expect(
            text.text == """
                # HELP a_total Of\\nthis \\\\ that.
                # TYPE a_total counter
                a_total{x="a\\"b\\\\c\\nd",y="ä"} 3
                a_total 0.5
                # HELP b One.
                # TYPE b gauge
                b 1000000000000000000

                """)
    }

    @Test func histogramsAreCumulated() {
        var histogram = MetricHistogram(bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { histogram.record(value) }
        var text = PrometheusText()
        text.add("h_seconds", "Time.", [([("route", "/")], histogram)])
        #expect(
            text.text.split(separator: "\n").dropFirst(2) == [
                "h_seconds_bucket{route=\"/\",le=\"0.1\"} 2", "h_seconds_bucket{route=\"/\",le=\"1\"} 3",
                "h_seconds_bucket{route=\"/\",le=\"+Inf\"} 4", "h_seconds_sum{route=\"/\"} 7.65",
                "h_seconds_count{route=\"/\"} 4",
            ])
    }
}
