/// A sentence that the documents promise, and that a check of a scenario answers for.
public struct Claim: Sendable, Hashable {
    /// Lower-case words with hyphens; unique.
    public var id: String
    /// One sentence.
    public var statement: String
    public var kind: Kind
    /// 1 to 13.
    public var week: Int
    public var place: Place

    public enum Kind: String, Codable, Sendable, Hashable {
        case guarantee
        /// Something that is not done, and can be shown not to be.
        case limitation
    }

    public init(id: String, statement: String, kind: Kind = .guarantee, week: Int, place: Place) {
        self.id = id
        self.statement = statement
        self.kind = kind
        self.week = week
        self.place = place
    }
}

/// A line of a file.
public struct Place: Sendable, Hashable, CustomStringConvertible {
    /// Relative to the project's folder.
    public var file: String
    /// From 1.
    public var line: Int

    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    public var description: String { "\(file):\(line)" }
}

/// Something in the documents or scenarios that is not as it must be.
public struct Complaint: Sendable, Hashable, CustomStringConvertible {
    public var place: Place
    /// What was found, and what is expected.
    public var message: String

    public init(_ place: Place, _ message: String) {
        self.place = place
        self.message = message
    }

    public var description: String { "\(place): \(message)" }
}
