/// How a cell looks.
public struct Style: Hashable, Sendable {
    /// The colours that every terminal has had since 1979; what they look like is the person's own choice.
    public enum Color: Int, Hashable, Sendable, CaseIterable {
        case black, red, green, yellow, blue, magenta, cyan, white, gray
    }

    public var color: Color?
    public var background: Color?
    public var isBold = false
    public var isDim = false
    public var isReversed = false

    public init(_ color: Color? = nil, background: Color? = nil, bold: Bool = false, dim: Bool = false, reversed: Bool = false) {
        self.color = color
        self.background = background
        isBold = bold
        isDim = dim
        isReversed = reversed
    }

    public static let plain = Style()
    static let dim = Style(.gray)
    static let alarm = Style(.red, bold: true)

    /// The control sequence for this style, whatever was before (ECMA-48, SGR).
    ///
    /// - Parameter colors: whether colours may be used; without them, grey becomes faint, and a background reverse.
    func sequence(colors: Bool) -> String {
        var codes = ["0"]
        if isBold { codes.append("1") }
        if isDim || (!colors && color == .gray) { codes.append("2") }
        if isReversed || (!colors && background != nil) { codes.append("7") }
        if colors {
            if let color { codes.append("\(color == .gray ? 90 : 30 + color.rawValue)") }
            if let background { codes.append("\(background == .gray ? 100 : 40 + background.rawValue)") }
        }
        return "\u{1b}[\(codes.joined(separator: ";"))m"
    }
}
