import Basics

/// A number in a document that is a default or bound of a program: the number, and right behind it `<!-- default: PROGRAM.NAME -->`, which
/// readers do not see.
public struct NumberMark: Sendable, Hashable {
    /// `coordinator.suspect-after`.
    public var name: String
    public var place: Place
    /// The text before the mark, up to the line's beginning.
    var before: String

    private static let open = "<!-- default: "

    /// The marks of a document, code left out.
    public static func all(in document: MarkdownText) -> [NumberMark] {
        document.lines.filter { !$0.isCode }.flatMap { line in
            var found: [NumberMark] = []
            var rest = line.text[...]
            while let mark = rest.firstRange(of: open), let end = rest[mark.upperBound...].firstRange(of: " -->") {
                found.append(
                    NumberMark(
                        name: String(rest[mark.upperBound..<end.lowerBound]),
                        place: Place(file: document.path, line: line.number),
                        before: String(line.text[..<mark.lowerBound])))
                rest = rest[end.upperBound...]
            }
            return found
        }
    }

    /// Compares the stated number with the program's.
    ///
    /// - Returns: nil if they agree.
    public func complaint(against value: ProgramDefault) -> Complaint? {
        guard value.kind != .text else { return textComplaint(value) }
        guard let stated = StatedNumber(endOf: before) else {
            return Complaint(place, "no number stands before the mark of \(name), which is \(value.text)")
        }
        guard stated.fits(value.kind) else {
            return Complaint(place, "\"\(stated.text)\" is no \(value.kind.rawValue), but \(name) is one: \(value.text)")
        }
        let amount = stated.amount * (stated.unit?.factor ?? 1)
        guard let expected = value.amount, abs(amount - expected) <= 1e-6 * max(1, abs(expected)) else {
            return Complaint(place, "it says \(stated.text) where the program has \(value.text) (\(name))")
        }
        return nil
    }

    private func textComplaint(_ value: ProgramDefault) -> Complaint? {
        let word = before.split { " `()*|".contains($0) }.last.map(String.init) ?? ""
        return word == value.text ? nil : Complaint(place, "it says \(word) where the program has \(value.text) (\(name))")
    }
}

/// A number as people write it, at the end of a text: `3 s`, `1,000`, `64 KiB`, `ten minutes`.
struct StatedNumber: Hashable {
    var amount: Double
    var unit: Unit?
    var text: String

    struct Unit: Hashable {
        var kind: ProgramDefault.Kind
        /// Milliseconds or bytes.
        var factor: Double
    }

    private static let units: [String: Unit] = {
        let durations: [(Double, [String])] = [
            (1e-3, ["µs", "microsecond", "microseconds"]), (1, ["ms", "millisecond", "milliseconds"]),
            (1e3, ["s", "second", "seconds"]), (6e4, ["m", "min", "minute", "minutes"]),
            (3.6e6, ["h", "hour", "hours"]), (8.64e7, ["d", "day", "days"]),
        ]
        let sizes: [(Double, [String])] = [
            (1, ["byte", "bytes", "B"]), (1024, ["KiB"]), (1_048_576, ["MiB"]), (1_073_741_824, ["GiB"]),
        ]
        var units: [String: Unit] = [:]
        for (factor, names) in durations { for name in names { units[name] = Unit(kind: .duration, factor: factor) } }
        for (factor, names) in sizes { for name in names { units[name] = Unit(kind: .size, factor: factor) } }
        return units
    }()
    private static let words = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ]

    /// Nil if the text does not end in a number.
    init?(endOf text: some StringProtocol) {
        var rest = text[...]
        while let last = rest.last, " `*)".contains(last) { rest.removeLast() }
        let end = rest.endIndex
        let letters = rest.reversed().prefix { $0.isLetter }.count
        let word = String(rest.suffix(letters))
        if !word.isEmpty, Self.number(word) == nil {
            guard let unit = Self.units[word] else { return nil }
            self.unit = unit
            rest = rest.dropLast(letters)
            if let last = rest.last, " \u{A0}-".contains(last) { rest.removeLast() }
        }
        let digits = rest.reversed().prefix { $0.isNumber || $0.isLetter || ".,_".contains($0) }.count
        let number = String(rest.suffix(digits))
        guard let amount = Self.number(number) else { return nil }
        self.amount = amount
        self.text = String(text[rest.index(rest.endIndex, offsetBy: -digits)..<end])
    }

    private static func number(_ text: String) -> Double? {
        if let index = words.firstIndex(of: text.lowercased()) { return Double(index + 1) }
        guard let first = text.first, first.isNumber, text.last?.isNumber == true else { return nil }
        return Double(String(text.filter { $0 != "," && $0 != "_" }))
    }

    /// Whether it may stand for a number of that kind: a duration has a unit, a count none, a size may have one.
    func fits(_ kind: ProgramDefault.Kind) -> Bool { unit.map { $0.kind == kind } ?? (kind == .count || kind == .size) }
}
