/// The lab's own look at whether a step took effect.
struct FaultProof: Sendable {
    var answer: Look.Answer
    /// What was seen, for a person.
    var detail: String

    init(_ answer: Look.Answer, _ detail: String) {
        self.answer = answer
        self.detail = detail
    }

    init(_ isThere: Bool, _ detail: String) { self.init(isThere ? .yes : .no, detail) }
}
