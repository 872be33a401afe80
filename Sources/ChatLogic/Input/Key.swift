/// What somebody did at the keyboard.
public enum Key: Hashable, Sendable {
    /// One scalar of text; marks come after what they stand on.
    case scalar(Unicode.Scalar)
    /// Text that was pasted, as it came: it may hold anything.
    case paste(String)
    case enter
    /// Alt and Enter: a line feed in the message.
    case lineFeed
    case tab, backspace, delete, left, right, up, down, home, end, pageUp, pageDown, wordLeft, wordRight, deleteWord, escape
    /// Control and a letter that stands for nothing above, in lower case.
    case control(Unicode.Scalar)
}
