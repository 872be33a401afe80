/// Events on their way to the disk, oldest first, and the number that the next one gets.
struct EventQueue: Sendable {
    /// How many wait at the most; then the oldest are forgotten, and counted.
    static let capacity = 8_192
    /// How many are written at once at the most.
    static let batchLimit = 1_000

    private var waiting: [MembershipEvent] = []
    /// The number of the latest event; 0 if there was none yet.
    private(set) var latest = 0
    /// How many were forgotten before they could be written.
    private(set) var lost = 0

    /// - Parameter latest: the number of the latest event that is on disk.
    init(after latest: Int = 0) { self.latest = latest }

    /// Gives the event its number and lets it wait.
    mutating func append(_ event: MembershipEvent) {
        latest += 1
        var event = event
        event.number = latest
        if waiting.count == Self.capacity {
            waiting.removeFirst()
            lost += 1
        }
        waiting.append(event)
    }

    /// What is not on the disk yet.
    var unwritten: [MembershipEvent] { waiting }

    /// What to write next.
    var batch: [MembershipEvent] { Array(waiting.prefix(Self.batchLimit)) }

    /// Forgets what has been written: everything up to this number.
    mutating func written(upTo number: Int) {
        let count = waiting.prefix { $0.number <= number }.count
        waiting.removeFirst(count)
    }
}
