import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import MessengerLogic

/// A sender with its disk, a receiver with its disk, and the connections between them, driven at random: everything may be slow,
/// break, or be killed at any instant, and old connections may deliver late.
struct DeliveryLineModel {
    /// A row of the outbox: what survives a kill of the sender.
    struct Row {
        let entry: LineEntry
        var verdict: SendVerdict?
        var isToldQueued = false
    }

    /// A connection as the receiver sees it.
    struct Wire {
        let number: Int
        var messages: [MessageID] = []
        var answers: [MessageID] = []
    }

    var random: SeededGenerator
    let mesh: ExampleMesh
    var now = MonotonicTime.zero
    var line: DeliveryLine
    var outbox: [Row] = []
    /// What the receiver's disk holds, in order of receipt, each with how often it was stored.
    var inbox: [MessageID] = []
    var stored: Set<MessageID> = []
    var wires: [Wire] = []
    var current: Int?
    var opening: Int?
    var made = 0
    var isLooking = false
    var isUp = true
    var isDropped = false
    var violations: [String] = []

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        mesh = try ExampleMesh()
        line = DeliveryLine(to: mesh.birch.name, limits: Self.limits, seed: seed)
    }

    static var limits: LineLimits {
        var limits = LineLimits()
        limits.window = 4
        limits.entries = 20
        return limits
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func handle(_ event: DeliveryLine.Event) {
        for action in line.handle(event, at: now) { perform(action) }
        if line.flight.count > Self.limits.window { violations.append("more is out than the window allows") }
        if line.count > Self.limits.entries { violations.append("the line is longer than its limit") }
    }

    private mutating func perform(_ action: DeliveryLine.Action) {
        switch action {
        case .look: isLooking = true
        case .open:
            if current != nil || opening != nil { violations.append("a second connection is opened") }
            made += 1
            opening = made
        case .transmit(let id):
            guard let current else { return violations.append("a message is sent over no connection") }
            // A connection that broke without the sender knowing takes everything.
            if let place = wires.firstIndex(where: { $0.number == current }) { wires[place].messages.append(id) }
        case .close:
            if current == nil && opening == nil { violations.append("no connection is closed") }
            current = nil
            opening = nil
        case .settle(let id, let verdict):
            guard let place = outbox.firstIndex(where: { $0.entry.id == id }) else {
                return violations.append("an unknown id is settled")
            }
            if outbox[place].verdict != nil { violations.append("a message has two outcomes") }
            outbox[place].verdict = verdict
            if verdict == .delivered, !stored.contains(id) { violations.append("delivered and not stored") }
        case .tellQueued(let id, _):
            guard let place = outbox.firstIndex(where: { $0.entry.id == id }) else {
                return violations.append("an unknown id is queued")
            }
            if outbox[place].isToldQueued { violations.append("queued is told twice") }
            if !outbox[place].entry.isQueued { violations.append("a direct send is told to be queued") }
            outbox[place].isToldQueued = true
        }
    }

    var look: DeliveryLine.Look {
        .resolved(isDropped ? .dropped(mesh.birch) : .reachable(from: mesh.oak.address, mesh.birch))
    }

    /// One thing happens.
    mutating func step(sending: Bool) {
        now = now + .milliseconds(Int.random(in: 0...(chance(10) ? 2_000 : 60), using: &random))
        if let next = line.nextTick, next <= now { handle(.tick) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<15 where sending: send()
        case 15..<25:
            if isLooking { isLooking = false }
            handle(.looked(look, for: nil))
        case 25..<40: openOrFail()
        case 40..<60: receive()
        case 60..<80: acknowledge()
        case 80..<85 where sending: breakConnection()
        case 85..<88 where sending: killSender()
        case 88..<91 where sending:
            // The receiver is killed: what it has not read is gone, what it stored stays.
            wires = []
            isUp.toggle()
        case 91..<93 where sending: isDropped.toggle()
        default: now = now + .milliseconds(20)
        }
    }

    mutating func send() {
        let keepFor: Duration? = chance(50) ? .milliseconds(Int.random(in: 1...60_000, using: &random)) : nil
        let entry = LineEntry(
            sequence: Int64(outbox.count + 1), id: .random(), size: 10,
            timeout: .milliseconds(Int.random(in: 1...5_000, using: &random)),
            keepFor: keepFor, at: now)
        outbox.append(Row(entry: entry))
        handle(.join(entry))
        if chance(95) { handle(.looked(chance(90) ? look : .unavailable("busy"), for: entry.id)) }
    }

    private mutating func openOrFail() {
        guard let number = opening else { return }
        guard isUp, chance(85) else {
            opening = nil
            return handle(.openFailed(.failed(chance(50) ? .refused : .timedOut, "no")))
        }
        opening = nil
        current = number
        wires.append(Wire(number: number))
        handle(.connected)
        handle(.opened)
    }

    /// The receiver reads a message of some connection, be it an old one, and stores it unless it has it.
    private mutating func receive() {
        guard isUp, let place = wires.indices.randomElement(using: &random), !wires[place].messages.isEmpty else { return }
        let id = wires[place].messages.removeFirst()
        if stored.insert(id).inserted { inbox.append(id) }
        wires[place].answers.append(id)
    }

    private mutating func acknowledge() {
        guard let current, let place = wires.firstIndex(where: { $0.number == current }), !wires[place].answers.isEmpty else {
            return
        }
        let id = wires[place].answers.removeFirst()
        handle(.acknowledged(id))
    }

    private mutating func breakConnection() {
        guard current != nil else { return }
        if chance(50) { wires.removeAll { $0.number == current } }
        current = nil
        // The line closes a connection that is gone already.
        current = made
        handle(.broken("reset"))
    }

    mutating func killSender() {
        current = nil
        opening = nil
        isLooking = false
        line = DeliveryLine(to: mesh.birch.name, limits: Self.limits, seed: random.next())
        for place in outbox.indices where outbox[place].verdict == nil {
            let entry = outbox[place].entry
            guard let expiry = entry.expiry else {
                outbox[place].verdict = .failed(.interrupted, "")
                continue
            }
            // Nobody waits any more.
            outbox[place].isToldQueued = true
            handle(.join(LineEntry(restored: entry.sequence, id: entry.id, size: 10, keepFor: expiry - now, at: now)))
        }
        handle(.looked(look, for: nil))
    }
}
