import ArgumentParser
import Basics
import ControlProtocol
import MeshModel
import MessengerLogic

/// Reads arguments that several commands have.
enum Arguments {
    /// The bound of a send, in milliseconds.
    static func timeout(_ text: String) throws -> Int {
        let range = MessengerControl.timeoutRange
        guard let limit = DurationText.parse(text), range.contains(Int(limit.wholeMilliseconds)) else {
            throw ValidationError("--timeout is \"\(TerminalText.safe(text))\"; allowed is \(DurationText.allowed), 1ms to 5m")
        }
        return Int(limit.wholeMilliseconds)
    }

    /// How long to keep a message that cannot be delivered, in milliseconds; nil: not at all.
    static func keepFor(_ expires: String?, isQueued: Bool) throws -> Int? {
        guard let expires else { return isQueued ? MessengerControl.defaultExpiryMilliseconds : nil }
        guard isQueued else { throw ValidationError("--expires is for queued messages: add --queue") }
        guard let limit = DurationText.parse(expires), MessengerControl.expiryRange.contains(Int(limit.wholeMilliseconds)) else {
            throw ValidationError(
                "--expires is \"\(TerminalText.safe(expires))\"; allowed is \(DurationText.allowed), 1ms to 30d")
        }
        return Int(limit.wholeMilliseconds)
    }

    /// The name of a machine.
    static func machine(_ text: String) throws -> MachineName {
        guard let name = MachineName(text) else {
            throw ValidationError("the name \"\(TerminalText.safe(text))\" is not possible; allowed are \(MachineName.allowed)")
        }
        return name
    }
}
