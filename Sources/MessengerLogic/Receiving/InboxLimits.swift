/// How much an inbox holds.
public struct InboxLimits: Hashable, Sendable {
    /// The most messages.
    public var messages: Int
    /// The most bytes of text.
    public var bytes: Int

    /// By default 100,000 messages and 256 MiB.
    public init(messages: Int = 100_000, bytes: Int = 256 << 20) {
        self.messages = messages
        self.bytes = bytes
    }
}

/// A message does not fit into the inbox.
public struct InboxFull: Error, Hashable, Sendable, CustomStringConvertible {
    public let limits: InboxLimits

    /// What is allowed, for the sender.
    public var description: String {
        "the inbox is full: \(limits.messages) messages and \(limits.bytes) bytes of text are allowed"
    }
}

/// How much an inbox holds now.
public struct InboxUsage: Hashable, Sendable {
    public private(set) var messages: Int
    /// Bytes of text.
    public private(set) var bytes: Int

    public init(messages: Int, bytes: Int) {
        self.messages = messages
        self.bytes = bytes
    }

    /// Counts a message in.
    ///
    /// - Parameter size: bytes of its text.
    /// - Throws: `InboxFull`; then nothing is counted.
    public mutating func take(_ size: Int, within limits: InboxLimits) throws(InboxFull) {
        guard messages < limits.messages, bytes + size <= limits.bytes else { throw InboxFull(limits: limits) }
        messages += 1
        bytes += size
    }
}
