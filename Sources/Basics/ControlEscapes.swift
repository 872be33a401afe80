/// JSON that can be shown: control and direction characters, which JSON allows in texts but terminals act on, become escapes.
///
/// Outside of texts JSON has none of these, so that the value stays the same.
///
/// - Parameter json: one JSON text.
public func escapingControls(inJSON json: String) -> String {
    var text = ""
    for scalar in json.unicodeScalars {
        switch scalar.value {
        case 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069:
            let digits = String(scalar.value, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text
}
