/// An error as a value: a stable code for programs, a message for people, and what caused it.
///
/// The message says what was found, what is allowed, and where there is one, what to do next.
public struct CodedError: Error, Sendable, CustomStringConvertible {
    /// A short, stable word or dotted words in lower case, such as `name-taken` or `netlink.link-add`.
    public let code: String
    /// One or two sentences for a person.
    public let message: String
    /// The error underneath, if this one reports another.
    public let cause: (any Error)?

    public init(_ code: String, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message followed by its causes, outermost first.
    public var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}
