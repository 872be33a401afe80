import Basics
import FoundationEssentials
import Glibc
import Testing

@testable import AgentCore

/// Real files. A hosts file that is a mount of its own is in the scenario `agent-names`.
@Suite struct HostsFileTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func inode(_ path: String) throws -> ino_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_ino
    }

    @Test func theFileIsReplacedWholeWithItsMode() throws {
        let path = try scratch.write("127.0.0.1 localhost\n", to: "hosts", mode: 0o644)
        let before = try inode(path)
        try HostsFile(path: path).write(Array("x\n".utf8))
        #expect(try HostsFile(path: path).read() == Array("x\n".utf8))
        #expect(try scratch.mode(of: "hosts") == 0o644)
        #expect(try inode(path) != before, "by a new file, so that nobody reads half of it")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["hosts"])
    }

    @Test func aLinkStaysOne() throws {
        let path = try scratch.write("a\n", to: "real", mode: 0o644)
        let link = "\(scratch.path)/hosts"
        try #require(symlink(path, link) == 0)
        try HostsFile(path: link).write(Array("b\n".utf8))
        var status = stat()
        #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(FileManager.default.contents(atPath: path) == Data("b\n".utf8))
    }

    @Test func whatIsNoFileIsLeftAlone() throws {
        for path in [scratch.path, "\(scratch.path)/missing", "/dev/null"] {
            #expect(throws: CodedError.self) { try HostsFile(path: path).read() }
        }
        let large = try scratch.write("", to: "large")
        try #require(truncate(large, HostsFile.sizeLimit + 1) == 0)
        #expect(throws: CodedError.self) { try HostsFile(path: large).read() }
        #expect(throws: CodedError.self) { try HostsFile(path: "\(scratch.path)/missing").write([]) }
    }
}
