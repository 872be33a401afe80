/// How a check, or a whole run, came out.
public enum Outcome: String, Codable, Sendable, Hashable {
    case pass
    case fail
    /// The check could not show what it is there to show: a fault did not take effect, or a control had nothing to control.
    case inconclusive
    /// A check: not carried out, because an earlier step could not be. A run: not started, because something is not installed.
    case skipped
    /// The run itself broke: an environment that lacks something, or an interruption.
    case error
}
