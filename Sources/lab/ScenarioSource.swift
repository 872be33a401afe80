import Basics
import Glibc
import LinuxProcess

/// Reads the text of a scenario once, from whatever the path leads to: a file, `/dev/stdin`, or a pipe that a shell made.
enum ScenarioSource {
    /// The most bytes that a scenario may have.
    static let limit = 16 << 20

    /// - Throws: `scenario.unreadable`.
    static func read(_ path: String) throws(CodedError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CodedError("scenario.unreadable", "cannot read \(path): \(errorText(errno))") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = Glibc.read(file, &buffer, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw CodedError("scenario.unreadable", "cannot read \(path): \(errorText(errno))") }
            if got == 0 { break }
            guard bytes.count + got <= limit else {
                throw CodedError("scenario.unreadable", "\(path) is longer than \(limit >> 20) MiB")
            }
            bytes += buffer[..<got]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CodedError("scenario.unreadable", "\(path) is not UTF-8 text")
        }
        return text
    }
}
