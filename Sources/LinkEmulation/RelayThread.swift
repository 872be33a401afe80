import Basics
import CLinux
import Dispatch
import Glibc
import LinuxProcess
import MeshModel
import NetworkModel

/// The relay's thread and the ports that it serves. The thread begins with the first port.
final class RelayThread: @unchecked Sendable {
    // The pointer is set once, under the emulator's care; the C side has a lock of its own.
    private var pointer: OpaquePointer?
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    deinit { if let pointer { warren_relay_stop(pointer) } }

    /// Frees the thread with all its ports; the next `add` begins a new one.
    func stop() {
        if let pointer { warren_relay_stop(pointer) }
        pointer = nil
    }

    /// Starts to carry frames. Owns the sockets from here on.
    func add(
        owner: String, program: RelayProgram, inside: (socket: Int32, index: Int32), outside: (socket: Int32, index: Int32)
    ) throws(CodedError) -> UInt64 {
        if pointer == nil {
            let error = warren_relay_start(&pointer)
            guard error == 0 else {
                close(inside.socket)
                close(outside.socket)
                throw CodedError("relay.start", "cannot start the relay: \(errorText(error))")
            }
        }
        var port: UInt64 = 0
        let error = withDirections(owner, program) { up, down in
            warren_relay_add(pointer, inside.socket, inside.index, outside.socket, outside.index, up, down, &port)
        }
        guard error == 0 else { throw CodedError("relay.port", "cannot relay the frames of \(owner): \(errorText(error))") }
        return port
    }

    /// Replaces a port's program; counts begin anew.
    func change(_ port: UInt64, owner: String, program: RelayProgram) throws(CodedError) {
        let error = withDirections(owner, program) { warren_relay_change(pointer, port, $0, $1) }
        guard error == 0 else { throw CodedError("relay.port", "cannot change the relay of \(owner): \(errorText(error))") }
    }

    /// Ends a port; one that is gone is no error.
    func remove(_ port: UInt64) {
        var sockets: [Int32] = [-1, -1]
        guard let pointer, warren_relay_remove(pointer, port, &sockets) == 0 else { return }
        // The kernel waits in each close until nobody can be reading: not here, where others wait for us.
        let (first, second) = (sockets[0], sockets[1])
        DispatchQueue.global(qos: .utility).async {
            close(first)
            close(second)
        }
    }

    /// What each fault's frames met at a port, and how many frames came faster than they could be taken; nil: there is no such port.
    func counts(_ port: UInt64, _ program: RelayProgram) -> (byFault: [String: FaultCount], missed: UInt64)? {
        let faults = [program.up, program.down].flatMap { [$0.faults] + $0.links.map(\.faults) }
        var counts = [warren_relay_counts](repeating: warren_relay_counts(), count: faults.count)
        var count = 0
        var missed: UInt64 = 0
        guard let pointer, warren_relay_read(pointer, port, &counts, counts.count, &count, &missed) == 0 else { return nil }
        var byFault: [String: FaultCount] = [:]
        for (names, lane) in zip(faults, counts) {
            let more = FaultCount(matched: lane.frames, dropped: lane.lost + lane.overflowed)
            for name in names { byFault[name] = (byFault[name] ?? FaultCount()) + more }
        }
        return (byFault, missed)
    }

    private func withDirections(
        _ owner: String, _ program: RelayProgram,
        _ body: (UnsafePointer<warren_relay_direction>, UnsafePointer<warren_relay_direction>) -> Int32
    ) -> Int32 {
        let up = RelayTables(program.up, seed: seed, name: "\(owner) up")
        let down = RelayTables(program.down, seed: seed, name: "\(owner) down")
        return up.withDirection { first in down.withDirection { second in body(first, second) } }
    }
}

/// A direction's program as C reads it.
struct RelayTables {
    var lanes: [warren_relay_lane]
    var matches: [warren_relay_match] = []

    init(_ direction: RelayProgram.Direction, seed: UInt64, name: String) {
        lanes = [Self.lane(direction.all, seed: seed, name: name)]
        for link in direction.links {
            for address in link.addresses {
                var match = warren_relay_match()
                match.is_ipv6 = address.isIPv4 ? 0 : 1
                match.lane = UInt16(lanes.count)
                withUnsafeMutableBytes(of: &match.address) { $0.copyBytes(from: address.bytes) }
                matches.append(match)
            }
            lanes.append(Self.lane(link.properties, seed: seed, name: "\(name) \(link.peer)"))
        }
    }

    /// Each lane has a stream of random numbers of its own, so that what one link carries does not change another's fate.
    private static func lane(_ properties: LinkProperties, seed: UInt64, name: String) -> warren_relay_lane {
        warren_relay_lane(rules: RelayRules(properties).c, random: SeededRandom(seed: seed, name: name).state)
    }

    func withDirection(_ body: (UnsafePointer<warren_relay_direction>) -> Int32) -> Int32 {
        lanes.withUnsafeBufferPointer { lanes in
            matches.withUnsafeBufferPointer { matches in
                var direction = warren_relay_direction()
                direction.lanes = lanes.baseAddress
                direction.lane_count = lanes.count
                direction.matches = matches.baseAddress
                direction.match_count = matches.count
                return body(&direction)
            }
        }
    }
}

extension RelayRules {
    /// The same in C.
    var c: warren_relay_rules {
        warren_relay_rules(
            delay: delay, jitter: jitter, loss: loss, duplicate: duplicate, reorder: reorder, corrupt: corrupt, rate: rate)
    }
}

extension RelayDecision {
    /// As the relay's thread decides, so that a test can compare.
    init(ofThread rules: RelayRules, length: Int, random: inout SeededRandom) {
        var state = random.state
        var rules = rules.c
        var decision = warren_relay_decision()
        warren_relay_decide(&rules, length, &state, &decision)
        random = SeededRandom(seed: state)
        self.init(
            isLost: decision.lost != 0, isDuplicated: decision.duplicated != 0, overtakes: decision.overtakes != 0,
            delay: decision.delay, flippedBit: decision.corrupted != 0 ? decision.flipped_bit : nil)
    }
}
