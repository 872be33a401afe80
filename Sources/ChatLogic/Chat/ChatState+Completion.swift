import MeshModel

extension ChatState {
    /// Completes a command, or a name behind `@` or `/to `, as far as it is certain; says what it may be if it is not.
    mutating func complete() {
        let start = editor.before
        guard editor.after.isEmpty else { return }
        let (prefix, words, end): (String, [String], String) =
            if start.hasPrefix("@"), !start.contains(where: \.isWhitespace) {
                ("@", names.map(\.text) + ["all"], " ")
            } else if start.hasPrefix("/to ") {
                ("/to ", names.map(\.text) + ["all"], "")
            } else if start.hasPrefix("/") {
                ("/", Self.commands.map { String($0.dropFirst()) }, " ")
            } else {
                ("", [], "")
            }
        let begun = start.dropFirst(prefix.count)
        let candidates = words.filter { $0.hasPrefix(begun) }
        switch candidates.count {
        case 0: if !prefix.isEmpty { hint = "nothing begins with \"\(begun)\"" }
        case 1: editor.set(prefix + candidates[0] + end)
        default:
            editor.set(prefix + Self.commonPrefix(candidates))
            hint = candidates.joined(separator: "  ")
        }
    }

    /// The next conversation: all, then one machine after the other.
    mutating func showNext() {
        let others = mesh?.members.map { Receiver.machine($0.name) } ?? []
        let all = [Receiver.all] + others
        let place = all.firstIndex(of: conversation) ?? -1
        show(all[(place + 1) % all.count])
    }

    private static func commonPrefix(_ words: [String]) -> String {
        guard var prefix = words.first.map({ $0[...] }) else { return "" }
        for word in words { while !word.hasPrefix(prefix) { prefix.removeLast() } }
        return String(prefix)
    }
}
