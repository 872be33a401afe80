import Basics
import Glibc
import MeshModel
import Synchronization

/// What all simulated machines together notice.
final class Measurements: Sendable {
    /// Counters.
    struct Counts: Sendable {
        var lines = 0
        var bytes = 0
        var firstLines = 0
        var longestFirstLine = 0
        var streamsEnded = 0
        var heartbeats = 0
        var heartbeatFailures = 0
    }
    private struct State {
        var counts = Counts()
        /// When each marked change arrived, one entry a machine.
        var arrivals: [[MonotonicTime]] = []
    }
    private let state = Mutex(State())

    /// Changes are marked by an endpoint of this address; the port is the change's number and one (RFC 5737).
    static let marker = Array("203.0.113.77:".utf8)
    static func endpoint(of change: Int) -> Endpoint { Endpoint(address: .v4(0xcb00_714d), port: UInt16(change + 1)) }

    var counts: Counts { state.withLock { $0.counts } }

    /// The next change to be looked for.
    func beginChange() -> Int {
        state.withLock { state in
            state.arrivals.append([])
            return state.arrivals.count - 1
        }
    }

    func arrivals(of change: Int) -> [MonotonicTime] { state.withLock { $0.arrivals[change] } }

    func note(_ line: UnsafeRawBufferPointer, at now: MonotonicTime) {
        guard state.withLock({ !$0.arrivals.isEmpty }), let place = Self.placeOfMarker(in: line) else { return }
        var number = 0
        for byte in line[place...] {
            guard (48...57).contains(byte), number < 100_000 else { break }
            number = number * 10 + Int(byte) - 48
        }
        let change = number - 1
        state.withLock { state in
            if state.arrivals.indices.contains(change) { state.arrivals[change].append(now) }
        }
    }

    /// Where the digits behind the marker begin.
    private static func placeOfMarker(in line: UnsafeRawBufferPointer) -> Int? {
        guard let start = line.baseAddress else { return nil }
        var offset = 0
        while offset + marker.count <= line.count, let found = memchr(start + offset, CInt(marker[0]), line.count - offset) {
            offset = UnsafeRawPointer(found) - start
            guard offset + marker.count <= line.count else { return nil }
            if memcmp(found, marker, marker.count) == 0 { return offset + marker.count }
            offset += 1
        }
        return nil
    }

    func noteLine(_ length: Int, isFirst: Bool) {
        state.withLock { state in
            state.counts.lines += 1
            state.counts.bytes += length
            if isFirst {
                state.counts.firstLines += 1
                state.counts.longestFirstLine = max(state.counts.longestFirstLine, length)
            }
        }
    }

    func noteStreamEnd() { state.withLock { $0.counts.streamsEnded += 1 } }

    func noteHeartbeat(succeeded: Bool) {
        state.withLock { state in
            if succeeded { state.counts.heartbeats += 1 } else { state.counts.heartbeatFailures += 1 }
        }
    }
}
