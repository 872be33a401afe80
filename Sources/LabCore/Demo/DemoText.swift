/// A demo in lines, for a pipe, and its summary. Pure.
public struct DemoText: Sendable, Hashable {
    /// How the mesh was when it was last told.
    private var lastMesh = ""

    public init() {}

    /// The lines of an event, each with its end; the state has taken it in.
    public mutating func lines(of event: StoryEvent, in state: DemoState) -> String {
        let clock = "\(StoryText.pad(StoryText.fixed(event.at, 2), 7, right: true)) s"
        switch event.event {
        case .start: return "\(state.title)\n"
        case .pause: return "\n\(clock)  == \(state.current)/\(state.chapters.count - 1) \(event.text ?? "")\n"
        case .step: return "\(clock)     \(event.text ?? "")\n"
        case .note: return "\(clock)   ! \(event.text ?? "")\n"
        case .mesh:
            guard let mesh = event.mesh else { return "" }
            let words = MeshDrawing.words(mesh)
            guard words != lastMesh else { return "" }
            lastMesh = words
            return "\(clock)     mesh: \(words)\n"
        case .check:
            guard let check = event.check else { return "" }
            let claims = state.chapters.flatMap(\.claims)
            if let claim = claims.first(where: { $0.id == check.id }) { return "\(clock)   \(Self.line(claim))\n" }
            return check.outcome == "pass" ? "" : "\(clock)   ! \(check.id): \(check.detail ?? "")\n"
        case .waiting, .end: return ""
        }
    }

    /// All claims with their times, and how it ended.
    public func summary(_ state: DemoState) -> String {
        var text = "\n\(state.title)\n"
        for chapter in state.chapters where !chapter.claims.isEmpty {
            text += "\n\(chapter.title)\n"
            for claim in chapter.claims { text += "  \(Self.line(claim))\n" }
        }
        guard let end = state.end else { return text + "\nthe run did not come to its end\n" }
        text += "\n\(end.outcome.uppercased()): \(end.passed) of \(end.checks) checks passed in "
        text += "\(StoryText.fixed(end.seconds, 1)) s; report and logs in \(end.output)\n"
        if let error = end.error { text += "  \(error)\n" }
        return text
    }

    private static func line(_ claim: DemoState.Claim) -> String {
        let box = DemoPicture.mark(claim.outcome, isCurrent: true).0
        guard let outcome = claim.outcome else { return "\(box) \(claim.title)" }
        let detail = outcome == "pass" ? "" : ": \(outcome): \(claim.detail)"
        return "\(box) \(claim.title) (\(DemoPicture.time(claim)))\(detail)"
    }
}
