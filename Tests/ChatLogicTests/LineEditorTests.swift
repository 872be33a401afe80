import Testing

@testable import ChatLogic

struct LineEditorTests {
    private func editor(_ keys: [Key], limit: Int = 1_000) -> LineEditor {
        var editor = LineEditor(limit: limit)
        for key in keys {
            switch key {
            case .scalar(let scalar): _ = editor.insert(String(scalar))
            case .enter: _ = editor.take()
            default: _ = editor.handle(key)
            }
        }
        return editor
    }

    private func typed(_ text: String) -> [Key] { text.unicodeScalars.map { .scalar($0) } }

    @Test(
        arguments: [
            ([.left, .backspace], "one t", "o"), ([.home, .delete], "", "ne two"), ([.control("a"), .control("k")], "", ""),
            ([.control("w")], "one ", ""), ([.control("w"), .control("w")], "", ""), ([.control("u")], "", ""),
            ([.wordLeft, .control("u")], "", "two"), ([.wordLeft, .wordLeft, .wordRight], "one", " two"),
            ([.control("w"), .home, .control("y")], "two", "one "), ([.home, .end], "one two", ""),
            ([.left, .left, .control("k")], "one t", ""), ([.up], "one two", ""),
        ] as [([Key], String, String)])
    func keysEdit(keys: [Key], before: String, after: String) {
        let editor = editor(typed("one two") + keys)
        #expect(editor.before == before)
        #expect(editor.after == after)
    }

    @Test func whatPeopleCountAsOneCharacterIsOne() {
        #expect(editor(typed("a👩‍👩‍👧‍👦e\u{301}") + [.backspace]).text == "a👩‍👩‍👧‍👦")
        #expect(editor(typed("a👩‍👩‍👧‍👦e\u{301}") + [.left, .backspace]).text == "ae\u{301}")
    }

    @Test func linesComeBack() {
        let lines = typed("one") + [.enter] + typed("two") + [.enter] + typed("dra")
        #expect(editor(lines + [.up]).text == "two")
        #expect(editor(lines + [.up, .up, .up]).text == "one")
        #expect(editor(lines + [.up, .up, .down, .down, .down]).text == "dra")
    }

    @Test func thereIsABoundAndNoControls() {
        var editor = LineEditor(limit: 10)
        let hasRoom = editor.insert("1\r\n2\t3\u{1b}\u{85}")
        #expect(hasRoom)
        #expect(editor.text == "1\n2 3")
        let hasMore = editor.insert("123456")
        #expect(!hasMore)
        #expect(editor.text == "1\n2 3")
    }
}
