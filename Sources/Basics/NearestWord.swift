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

    /// Edit distance in characters: insertion, deletion, substitution, and two neighbours that changed places (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let source = Array(left)
        let target = Array(right)
        var before: [Int] = []
        var above = Array(0...target.count)
        for i in source.indices {
            var row = [i + 1]
            for j in target.indices {
                let substitution = above[j] + (source[i] == target[j] ? 0 : 1)
                var best = min(substitution, above[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, source[i] == target[j - 1], source[i - 1] == target[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, above) = (above, row)
        }
        return above[target.count]
    }
}
