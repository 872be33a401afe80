import Basics
import Glibc
import Testing

@testable import AgentCore

@Suite struct StateDirectoryTests {
    @Test func oneAgentAtATime() throws {
        let scratch = try Scratch()
        let first = try StateDirectory(scratch.path)
        let error = try #require(throws: CodedError.self) { try StateDirectory(scratch.path) }
        #expect(error.code == "already-running")
        #expect(error.message.contains(scratch.path))
        withExtendedLifetime(first) {}
    }

    @Test func theLockIsFreeAfterwards() throws {
        let scratch = try Scratch()
        do { _ = try StateDirectory(scratch.path) }
        #expect(throws: Never.self) { try StateDirectory(scratch.path) }
    }

    @Test func itIsMadePrivate() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/agent"
        let directory = try StateDirectory(path)
        var status = stat()
        try #require(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(directory.path == path)
        unlink("\(path)/lock")
        rmdir(path)
    }

    @Test func aFileInItsPlaceIsNamed() throws {
        let scratch = try Scratch()
        let file = try scratch.write("", to: "file")
        #expect(throws: CodedError.self) { try StateDirectory(file) }
    }
}
