import MeshModel

/// Proposes a name when the wanted one is taken: `birch-2` for `birch`, `birch-3` for `birch-2`.
enum NameProposal {
    /// The most names that are tried; beyond that, whoever wants one must think of it.
    static let attempts = 10_000

    /// The first name of the row that is free; nil if there is none.
    static func next(after wanted: MachineName, isTaken: (MachineName) -> Bool) -> MachineName? {
        var base = Substring(wanted.text)
        var first = 2
        if let hyphen = base.lastIndex(of: "-"), hyphen > base.startIndex, let number = Int(base[base.index(after: hyphen)...]),
            (1..<1_000_000).contains(number)
        {
            base = base[..<hyphen]
            first = number + 1
        }
        for number in first..<first + attempts {
            let suffix = "-\(number)"
            // Of 63 characters at the most.
            let text = base.prefix(63 - suffix.utf8.count) + suffix
            if let name = MachineName(String(text)), !isTaken(name) { return name }
        }
        return nil
    }
}
