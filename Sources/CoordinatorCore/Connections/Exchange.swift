/// Where the requests of one connection stand. Pure: what to do about it is the guard's.
struct Exchange {
    /// Requests that are not answered to their end.
    private var owed = 0
    /// Whether a head has come and its end has not.
    private(set) var isReading = false
    /// Whether an answer has begun and not ended.
    private(set) var isAnswering = false

    mutating func headRead() {
        owed += 1
        isReading = true
    }
    mutating func endRead() { isReading = false }
    mutating func answerBegan() { isAnswering = true }
    mutating func answerEnded() {
        isAnswering = false
        owed -= 1
    }

    /// Nobody waits for an answer here, and no request is on its way.
    var isIdle: Bool { owed <= 0 && !isReading }

    /// What can be said when a request cannot be read to its end.
    enum Refusal {
        /// An answer of its own.
        case answer
        /// An answer, once the earlier requests have theirs.
        case answerLater
        /// Nothing: it is answered already, or its answer is under way.
        case close
    }

    var refusal: Refusal {
        if isAnswering { return .close }
        if isReading && owed == 0 { return .close }
        return owed - (isReading ? 1 : 0) > 0 ? .answerLater : .answer
    }
}
