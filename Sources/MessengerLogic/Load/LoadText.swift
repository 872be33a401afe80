/// The texts of a load's messages: told apart by a number, and of a given length.
public enum LoadText {
    /// - Parameters:
    ///   - run: tells this load from others.
    ///   - number: which message, from 0.
    ///   - size: bytes, 1 and more.
    public static func text(run: String, number: Int, size: Int) -> String {
        let head = "load \(run) \(number) "
        let length = head.utf8.count
        return length >= size ? String(head.prefix(size)) : head + String(repeating: ".", count: size - length)
    }
}
