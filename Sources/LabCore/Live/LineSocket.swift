import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Synchronization

/// JSON values, one a line, over a Unix socket. One task reads; any number write.
public final class LineSocket: Sendable {
    public let socket: DescriptorSocket
    private let writing = Mutex(())
    private let pending = Mutex([UInt8]())
    private let limit: Int

    /// - Parameter limit: the longest line that is taken, in bytes.
    public init(_ socket: DescriptorSocket, limit: Int) {
        self.socket = socket
        self.limit = limit
    }

    /// Sends a value with descriptors, which stay open here.
    public func send(_ value: some Encodable, descriptors: [Int32] = []) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let bytes = [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
        try writing.withLock { _ in try socket.send(bytes, descriptors: descriptors) }
    }

    /// Waits for a value on a thread of its own; nil: the other end has closed.
    ///
    /// - Returns: the descriptors belong to the caller.
    /// - Throws: `live.protocol` for what is no such value or too long, `socket.closed` when a limit of time has passed.
    public func receive<Value: Decodable & Sendable>(_ type: Value.Type) async throws -> (value: Value, descriptors: [Int32])? {
        let line = try await OwnThread.run { Result { try self.line() } }.get()
        guard let line else { return nil }
        do {
            return (try JSONDecoder().decode(type, from: Data(line.bytes)), line.descriptors)
        } catch {
            for descriptor in line.descriptors { close(descriptor) }
            throw CodedError("live.protocol", "a line is not what was expected", cause: error)
        }
    }

    private struct Line: Sendable {
        var bytes: [UInt8]
        var descriptors: [Int32]
    }

    private func line() throws -> Line? {
        var descriptors: [Int32] = []
        var isDone = false
        defer { if !isDone { for descriptor in descriptors { close(descriptor) } } }
        while true {
            if let bytes = takeLine() {
                isDone = true
                return Line(bytes: bytes, descriptors: descriptors)
            }
            guard pending.withLock(\.count) < limit else {
                throw CodedError("live.protocol", "a line is longer than \(limit) bytes")
            }
            let part = try socket.receive(atMost: 64 << 10)
            descriptors += part.descriptors
            guard descriptors.count <= 8 else { throw CodedError("live.protocol", "too many descriptors") }
            guard !part.bytes.isEmpty else { return nil }
            pending.withLock { $0 += part.bytes }
        }
    }

    private func takeLine() -> [UInt8]? {
        pending.withLock { bytes in
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let line = Array(bytes[..<end])
            bytes.removeFirst(end + 1)
            return line
        }
    }
}
