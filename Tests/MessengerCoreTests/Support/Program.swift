import Basics
import Foundation
import Synchronization
import Testing
import Timing

/// The built program `warren-messenger`, run as a process of its own.
struct Program: Sendable {
    struct Ending: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    let process: ProcessBox
    private let ended: OneShot<Void>
    private let output: URL
    private let errors: URL

    final class ProcessBox: @unchecked Sendable {
        // Used by one test at a time.
        let process = Process()

        // A test that fails half-way leaves nothing running.
        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    /// Starts it; its output goes to files in the directory.
    static func start(_ arguments: [String], in directory: TemporaryDirectory) throws -> Program {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let binary = URL(filePath: own).deletingLastPathComponent().appending(path: "warren-messenger")
        let name = RandomBytes.hex(4)
        let output = URL(filePath: "\(directory.path)/\(name).out")
        let errors = URL(filePath: "\(directory.path)/\(name).err")
        for file in [output, errors] { try Data().write(to: file) }
        let box = ProcessBox()
        let ended = OneShot<Void>()
        box.process.executableURL = binary
        box.process.arguments = arguments
        box.process.standardInput = FileHandle.nullDevice
        box.process.standardOutput = try FileHandle(forWritingTo: output)
        box.process.standardError = try FileHandle(forWritingTo: errors)
        box.process.terminationHandler = { _ in ended.set(()) }
        try box.process.run()
        return Program(process: box, ended: ended, output: output, errors: errors)
    }

    /// Runs it to its end, which comes within the limit.
    static func run(
        _ arguments: [String], in directory: TemporaryDirectory, within limit: Duration = .seconds(20)
    ) async throws -> Ending {
        try await start(arguments, in: directory).ending(within: limit)
    }

    /// Waits for the end; a process that does not end in time is killed, and the test fails.
    func ending(within limit: Duration) async throws -> Ending {
        if await ended.value(within: limit) == nil {
            kill(process.process.processIdentifier, SIGKILL)
            Issue.record("the program did not end within \(DurationText.format(limit))")
            _ = await ended.value(within: .seconds(5))
        }
        return Ending(
            status: process.process.terminationStatus,
            output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    /// Waits until its output holds the text; false after twenty seconds.
    func hasPrinted(_ text: String) async throws -> Bool {
        let start = MonotonicTime.now
        while MonotonicTime.now - start < .seconds(20) {
            if String(decoding: try Data(contentsOf: output), as: UTF8.self).contains(text) { return true }
            await Task.yield()
        }
        return false
    }

    func signal(_ number: Int32) { kill(process.process.processIdentifier, number) }
}
