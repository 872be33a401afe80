/// What a terminal can do, by its name in the environment.
public struct TerminalKind: Sendable, Hashable {
    /// Whether it can move its cursor.
    public let isCapable: Bool
    /// Whether colours may be used: it has them, and the person did not say no (https://no-color.org).
    public let hasColors: Bool

    /// - Parameter environment: of the process.
    public init(_ environment: [String: String]) {
        let name = environment["TERM"] ?? ""
        isCapable = !name.isEmpty && name != "dumb"
        let isMonochrome = name.hasPrefix("vt") || name.hasSuffix("-m") || name.hasSuffix("-mono") || name.hasSuffix("-nc")
        let saysNo = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        hasColors = isCapable && !isMonochrome && !saysNo
    }
}
