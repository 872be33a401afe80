/// Numbers as digits, for what is read too often to make a `String` of it.
public enum DecimalText {
    /// The number that the ASCII digits say; nil for anything else, no digits, or more than the type can hold.
    public static func read<Number: FixedWidthInteger>(_ digits: ArraySlice<UInt8>) -> Number? {
        guard !digits.isEmpty else { return nil }
        var number: Number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (product, isTooMuch) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = product.addingReportingOverflow(Number(digit - UInt8(ascii: "0")))
            guard !isTooMuch, !isOver else { return nil }
            number = sum
        }
        return number
    }

    /// The same; nil also if there are zeros in front.
    public static func readCanonical<Number: FixedWidthInteger>(_ digits: ArraySlice<UInt8>) -> Number? {
        digits.count > 1 && digits.first == UInt8(ascii: "0") ? nil : read(digits)
    }
}
