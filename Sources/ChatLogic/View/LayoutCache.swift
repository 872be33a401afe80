/// Lines of entries that were laid out before. Bounded.
struct LayoutCache: Sendable {
    private var layout: EntryLayout?
    private var lines: [Int: [StyledLine]] = [:]
    private var count = 0

    /// The most lines that are kept.
    static let limit = 20_000

    /// The lines of an entry.
    mutating func lines(of entry: ChatEntry, in layout: EntryLayout) -> [StyledLine] {
        if self.layout != layout || count > Self.limit {
            (self.layout, lines, count) = (layout, [:], 0)
        }
        if let known = lines[entry.number] { return known }
        let made = layout.lines(of: entry)
        lines[entry.number] = made
        count += made.count
        return made
    }

    /// An entry looks different now.
    mutating func forget(_ number: Int) {
        if let gone = lines.removeValue(forKey: number) { count -= gone.count }
    }
}
