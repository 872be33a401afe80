/// A dictionary that forgets: it holds between `capacity` and twice as many entries, those used last.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { young.count + old.count }

    subscript(key: Key) -> Value? {
        get { young[key] ?? old[key] }
        set {
            if newValue != nil, young.count >= capacity, young[key] == nil {
                old = young
                young = [:]
            }
            young[key] = newValue
            if newValue == nil { old[key] = nil }
        }
    }
}
