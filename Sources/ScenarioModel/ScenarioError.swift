/// What is wrong with a scenario, and where.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file as the user named it; nil until it is known.
    public var file: String?
    public let position: SourcePosition
    /// What was found and what is allowed.
    public let message: String
    /// Whether the schema finds it, too: names, types and forms, as opposed to what words refer to.
    var isStructural = false

    public init(at position: SourcePosition, _ message: String) {
        self.position = position
        self.message = message
    }

    /// `file:line:column: message`, the form that editors jump to.
    public var description: String { "\(file ?? "scenario"):\(position.line):\(position.column): \(message)" }
}
