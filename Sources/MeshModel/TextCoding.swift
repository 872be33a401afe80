/// Decodes a single string and turns it into a value, with an error that says what was expected.
func decodeText<Value>(from decoder: any Decoder, expected: String, _ parse: (String) -> Value?) throws -> Value {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = parse(text) else {
        throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "found \"\(text.prefix(80))\", expected \(expected)")
    }
    return value
}

/// Encodes a value as a single string.
func encodeText(_ text: String, to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
}
