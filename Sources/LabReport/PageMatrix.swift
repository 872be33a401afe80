/// The matrix samples of a page, each as its difference from the one before.
struct PageMatrix {
    private var samples: [TimelineEvent]
    private var hasRoundTrips: Bool
    private(set) var notes: [String] = []

    /// As much as fits: without round-trip times of pairs, and then every second sample, every fourth and so on, if needed.
    static func fitting(_ samples: [TimelineEvent], limit: Int) -> PageMatrix {
        var attempt = PageMatrix(samples: samples, hasRoundTrips: true)
        var stride = 1
        while attempt.size > limit, stride <= samples.count {
            if attempt.hasRoundTrips {
                attempt = PageMatrix(samples: samples, hasRoundTrips: false)
                continue
            }
            stride *= 2
            attempt = PageMatrix(samples: samples.indices.filter { $0 % stride == 0 }.map { samples[$0] }, hasRoundTrips: false)
        }
        if stride > 1 {
            attempt.notes = [
                "One in \(stride) of the \(samples.count) samples of the mesh matrix is in this page; events.jsonl holds all of them."
            ]
        } else if !attempt.hasRoundTrips {
            attempt.notes = ["Round-trip times of single pairs are left out of this page; events.jsonl holds them."]
        }
        return attempt
    }

    private init(samples: [TimelineEvent], hasRoundTrips: Bool) {
        self.samples = samples
        self.hasRoundTrips = hasRoundTrips
    }

    private var size: Int {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes.count
    }

    func write(to writer: inout JSONWriter) {
        writer.array {
            var before: TimelineEvent?
            for sample in samples {
                guard let matrix = sample.matrix else { continue }
                Self.write(sample, matrix, before: before, hasRoundTrips: hasRoundTrips, to: &$0)
                before = sample
            }
        }
    }

    private static func write(
        _ sample: TimelineEvent, _ matrix: MatrixSample, before: TimelineEvent?, hasRoundTrips: Bool, to writer: inout JSONWriter
    ) {
        let isContinued = before?.machines == sample.machines && before?.matrix?.rows.count == matrix.rows.count
        writer.object {
            $0.key("at")
            $0.number(sample.at)
            if !isContinued {
                $0.key("machines")
                $0.strings(sample.machines)
            }
            $0.key("rows")
            $0.object {
                for (index, row) in matrix.rows.enumerated() where !isContinued || before?.matrix?.rows[index] != row {
                    $0.key("\(index)")
                    $0.string(row)
                }
            }
            $0.key("ms")
            $0.array { for value in [matrix.p50, matrix.p99, matrix.max] { $0.number(value) } }
            guard hasRoundTrips, let pairs = matrix.roundTrips else { return }
            $0.key("pairs")
            $0.array {
                for row in pairs {
                    $0.array { for value in row { $0.number(value.map { ($0 * 1_000).rounded() / 1_000 }) } }
                }
            }
        }
    }
}
