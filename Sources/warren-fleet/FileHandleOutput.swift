import Glibc

/// Standard output without a buffer.
enum FileHandleOutput {
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }
}
