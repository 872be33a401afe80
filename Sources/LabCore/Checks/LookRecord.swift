/// The looks of a lasting check, and what they come to. Pure.
struct LookRecord: Sendable {
    /// Whether it may begin before there is anything to see: an invariant lasts from before the first step.
    let isPatient: Bool
    private var count = 0
    private var last: Look?
    private var failure: Look?
    /// The first look that saw nothing although something could have been there.
    private var blind: Look?

    init(isPatient: Bool) { self.isPatient = isPatient }

    /// Takes in a look; yes means that it was as expected.
    mutating func add(_ look: Look) {
        switch look.answer {
        case .yes:
            count += 1
            last = look
        case .no: failure = failure ?? look
        case .unknown:
            if last == nil, isPatient { return }
            blind = blind ?? look
        }
    }

    /// Whether further looks cannot change the verdict: one that saw nothing does not hide what a later one sees.
    var isDecided: Bool { failure != nil }

    /// - Parameter words: how often a good look was to be had.
    func verdict(_ words: String) -> Look {
        if let failure { return failure }
        if let blind { return blind }
        guard let last else { return Look(.unknown, "there was never anything to look at") }
        return Look(.yes, "\(words) of \(count) looks; at the last: \(last.detail)")
    }
}
