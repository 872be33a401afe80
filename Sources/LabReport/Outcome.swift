/// How a check, or a whole run, came out.
public enum Outcome: String, Codable, Sendable, Hashable {
    case pass
    case fail
    /// The check could not show what it is there to show: a fault did not take effect, or a control had nothing to control.
    case inconclusive
    /// Not carried out, because an earlier step could not be.
    case skipped
    /// The run itself broke: an environment that lacks something, or an interruption.
    case error
}
