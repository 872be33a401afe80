import Basics
import Hummingbird
import MeshModel

/// Which events somebody wants to see.
struct EventQuery: Sendable {
    /// How many at the most.
    var limit = EventQuery.largestLimit
    /// Only what came after this number, and of that the oldest; nil for the latest.
    var since: Int?
    /// Only about this machine: its id, or a name that it has or had.
    var machine: String?
    /// The id of the machine that has the name now.
    var id: MachineID?

    /// The largest `limit`, and the one without any.
    static let largestLimit = 1_024

    init(limit: Int = EventQuery.largestLimit, since: Int? = nil, machine: String? = nil) {
        self.limit = limit
        self.since = since
        self.machine = machine
    }

    /// - Throws: `CodedError` with code `bad-request` that names the field.
    init(of request: Request) throws(CodedError) {
        limit = try Self.number(of: request, "limit", 1...Self.largestLimit) ?? Self.largestLimit
        since = try Self.number(of: request, "since", 0...Int.max)
        guard let text = request.uri.queryParameters["machine"] else { return }
        let name = String(text)
        // An id has the form of a name.
        guard MachineName(name) != nil else {
            throw CodedError(
                "bad-request", "the query field machine: found \"\(name.prefix(80))\", expected a machine's id or name")
        }
        machine = name
    }

    /// Whether the event is about the machine that was asked for.
    func concerns(_ event: MembershipEvent) -> Bool {
        guard let machine else { return true }
        return event.machine.text == machine || event.name.text == machine || event.machine == id
    }

    /// Picks from all events there are, oldest first.
    func pick(_ events: [MembershipEvent]) -> [MembershipEvent] {
        let wanted = events.filter { concerns($0) && $0.number > since ?? 0 }
        return Array(since == nil ? wanted.suffix(limit) : wanted.prefix(limit))
    }

    private static func number(
        of request: Request, _ field: String, _ allowed: ClosedRange<Int>
    ) throws(CodedError) -> Int? {
        guard let text = request.uri.queryParameters[field[...]] else { return nil }
        guard let number = Int(text), allowed.contains(number) else {
            let range =
                allowed.upperBound == Int.max
                ? "a number, \(allowed.lowerBound) or more" : "\(allowed.lowerBound) to \(allowed.upperBound)"
            throw CodedError("bad-request", "the query field \(field): found \"\(text.prefix(80))\", expected \(range)")
        }
        return number
    }
}
