import Synchronization

/// What came and was not looked at yet, from any number of tasks to one.
final class Mailbox<Item: Sendable>: Sendable {
    /// Yields when there is something.
    let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let items = Mutex([Item]())

    /// The most items; what comes when it is full is dropped.
    static var limit: Int { 10_000 }

    init() { (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func post(_ item: Item) {
        items.withLock { if $0.count < Self.limit { $0.append(item) } }
        waker.yield()
    }

    /// All that is there, in the order in which it came.
    func take() -> [Item] {
        items.withLock { items in
            defer { items = [] }
            return items
        }
    }
}
