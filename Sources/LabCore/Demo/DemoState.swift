import Basics
import ScenarioModel

/// What an audience sees of a run, made out of the events that the run tells. Pure.
public struct DemoState: Sendable, Hashable {
    /// A check with a title.
    public struct Claim: Sendable, Hashable {
        public var id: String
        public var title: String
        /// A word of `Outcome`; nil: not shown yet.
        public var outcome: String?
        /// Seconds that it took.
        public var seconds = 0.0
        public var bound: Double?
        /// What was seen.
        public var detail = ""

        public init(id: String, title: String) {
            self.id = id
            self.title = title
        }
    }

    /// What begins at a mark.
    public struct Chapter: Sendable, Hashable {
        /// The mark's id; nil for what comes before the first one.
        public var mark: String?
        public var title: String
        public var claims: [Claim] = []
    }

    public let title: String
    public var chapters: [Chapter]
    /// The chapter that is played, as an index of `chapters`.
    public var current = 0
    /// Seconds since the run began.
    public var at = 0.0
    public var mesh: StoryEvent.Mesh?
    /// What happens, in a line.
    public var now = ""
    public var isPaused = false
    /// What the presenter did, and what else should be known; the last few.
    public var notes: [String] = []
    public var end: StoryEvent.End?

    private static let noteLimit = 5

    /// Lists the chapters of a scenario, and the claims of each.
    public init(_ scenario: Scenario) {
        title = scenario.title.isEmpty ? scenario.name : scenario.title
        chapters = [Chapter(mark: nil, title: title)]
        for step in scenario.steps {
            switch step.kind {
            case .mark(let title): chapters.append(Chapter(mark: step.id, title: title ?? step.id))
            case .check(let check):
                guard let title = check.title else { continue }
                chapters[chapters.count - 1].claims.append(Claim(id: step.id, title: title))
            case .action: break
            }
        }
    }

    /// How many claims have been shown, and how many there are.
    public var score: (passed: Int, shown: Int, all: Int) {
        let claims = chapters.flatMap(\.claims)
        return (claims.count { $0.outcome == "pass" }, claims.count { $0.outcome != nil }, claims.count)
    }

    /// Takes in what the run tells.
    public mutating func take(_ event: StoryEvent) {
        at = max(at, event.at)
        switch event.event {
        case .start: break
        case .step: now = event.text ?? ""
        case .note: note(event.text ?? "")
        case .pause:
            isPaused = true
            if let index = chapters.firstIndex(where: { $0.mark == event.mark }) { current = index }
            now = ""
        case .mesh: mesh = event.mesh
        case .waiting: if let check = event.check { now = check.title.isEmpty ? check.id : check.title }
        case .check: if let check = event.check { take(check) }
        case .end: end = event.end
        }
    }

    private mutating func take(_ check: StoryEvent.CheckNews) {
        for chapter in chapters.indices {
            guard let index = chapters[chapter].claims.firstIndex(where: { $0.id == check.id }) else { continue }
            chapters[chapter].claims[index].outcome = check.outcome
            chapters[chapter].claims[index].seconds = check.seconds
            chapters[chapter].claims[index].bound = check.bound
            chapters[chapter].claims[index].detail = check.detail ?? ""
            return
        }
        // The lab's own looks are told only if something is wrong.
        if check.outcome != "pass" { note("\(check.title.isEmpty ? check.id : check.title): \(check.detail ?? "")") }
    }

    /// Adds something that should be known.
    public mutating func note(_ text: String) {
        guard !text.isEmpty else { return }
        notes.append(text)
        if notes.count > Self.noteLimit { notes.removeFirst(notes.count - Self.noteLimit) }
    }

    /// The run goes on; what was noted at the pause has been read.
    public mutating func proceed() {
        isPaused = false
        notes = []
    }
}
