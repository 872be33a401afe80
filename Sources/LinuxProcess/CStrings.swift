import Glibc

/// Calls the body with a null-terminated array of C strings that lives as long as the call.
public func withCStrings<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        // An array of at least one element has a base address.
        guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator is not empty") }
        return body(UnsafePointer(base))
    }
}

/// The environment of this process.
public func currentEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
        entry += 1
    }
    return result
}

/// The text that the C library has for an error number.
public func errorText(_ number: Int32) -> String {
    String(cString: strerror(number))
}
