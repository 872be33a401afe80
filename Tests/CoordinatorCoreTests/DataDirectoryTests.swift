import Basics
import Glibc
import Testing

@testable import CoordinatorCore

/// Who gets the lock of a data directory.
@Suite struct DataDirectoryTests {
    @Test func aLookOfTheDoctorKeepsNoCoordinatorFromStarting() throws {
        let directory = try TestDirectory()
        try directory.write("lock", "")
        let descriptor = open("\(directory.path)/lock", O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        // As the doctor does, but for longer.
        try #require(flock(descriptor, LOCK_SH | LOCK_NB) == 0)
        var pauses = 0
        let held = try DataDirectory(directory.path) {
            pauses += 1
            if pauses == 3 { flock(descriptor, LOCK_UN) }
        }
        #expect(pauses == 3)
        #expect(DirectoryChecks.holder(of: held.path) == .process("\(getpid())"))
    }

    @Test func whoeverKeepsTheLockIsNamedAfterSoManyTries() throws {
        let directory = try TestDirectory()
        let first = try DataDirectory(directory.path)
        var pauses = 0
        let error = #expect(throws: CodedError.self) { try DataDirectory(directory.path) { pauses += 1 } }
        #expect(error?.code == "data-in-use" && error?.message.contains("process \(getpid())") == true)
        #expect(pauses == DataDirectory.tries - 1)
        withExtendedLifetime(first) {}
    }
}
