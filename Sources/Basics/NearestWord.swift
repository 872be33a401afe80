/// Finds the known word that a mistyped one was probably meant to be.
public enum NearestWord {
    /// The word among `known` with the smallest edit distance to `word`, if that is at most a third of its length (and at least 1).
    public static func to(_ word: String, among known: some Sequence<String>) -> String? {
        let limit = max(1, word.count / 3)
        return
            known
            .map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?
            .word
    }

    /// Levenshtein distance in characters.
    static func distance(_ left: String, _ right: String) -> Int {
        let target = Array(right)
        var row = Array(0...target.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in target.indices {
                let substitution = diagonal + (character == target[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
            }
        }
        return row[target.count]
    }
}
