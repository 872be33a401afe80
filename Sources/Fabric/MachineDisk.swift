import Basics
import CLinux
import Glibc
import LinuxProcess

/// A machine's disk: a file system in memory that outlives the machine, with the ways in which disks fail.
struct MachineDisk {
    /// Where the lab sees it.
    let path: String
    /// Bytes.
    let size: Int
    private(set) var isMounted = false
    private(set) var isFull = false
    private(set) var isReadOnly = false

    private static let page = 4_096

    init(path: String, size: Int) {
        self.path = path
        self.size = size
    }

    /// Makes the file system, the first time.
    ///
    /// - Throws: `machine.disk`.
    mutating func mountOnce() throws(CodedError) {
        guard !isMounted else { return }
        try FabricFiles.makeFolder(path)
        guard mount("tmpfs", path, "tmpfs", UInt(MS_NOSUID | MS_NODEV), "size=\(size),mode=0755") == 0 else {
            throw CodedError("machine.disk", "cannot make the disk at \(path): \(errorText(errno))")
        }
        isMounted = true
    }

    /// Leaves no room (or gives it back): the file system shrinks to what is on it, so that files that are open feel it, too, and the
    /// room of what is deleted can be used again, as on any disk. Bytes of a page that is begun can still be filled.
    ///
    /// - Throws: `fault.not-in-effect`.
    mutating func setFull(_ full: Bool) throws(CodedError) {
        guard full else {
            try remount(size: size, readOnly: isReadOnly)
            isFull = false
            unlink(ballast)
            return try check()
        }
        // Programs write on meanwhile: what was measured may be too little a moment later.
        for _ in 0..<20 {
            let before = try usedBytes()
            guard before > 0 || isReadOnly else {
                // A size of nothing means no limit.
                try FabricFiles.write(String(repeating: "\n", count: Self.page), to: ballast)
                continue
            }
            let used = max(Self.page, try usedBytes())
            if mount("none", path, nil, flags(isReadOnly), "size=\(used)") != 0 { continue }
            isFull = true
            if isReadOnly || probe() == ENOSPC { return }
        }
        try? remount(size: size, readOnly: isReadOnly)
        isFull = false
        throw CodedError("fault.not-in-effect", "the disk at \(path) could not be filled: programs on it free room all the time")
    }

    /// - Throws: `fault.not-in-effect`, while programs have files open for writing, among other reasons.
    mutating func setReadOnly(_ readOnly: Bool) throws(CodedError) {
        let room = isFull ? max(Self.page, try usedBytes()) : size
        try remount(size: room, readOnly: readOnly)
        isReadOnly = readOnly
        try check()
    }

    /// - Throws: `fault.not-in-effect` if the disk is not as it should be.
    func check() throws(CodedError) {
        let wanted = isReadOnly ? EROFS : isFull ? ENOSPC : 0
        let found = probe()
        guard found == wanted else {
            let text = { (error: Int32) in error == 0 ? "be possible" : "fail (\(errorText(error)))" }
            throw CodedError("fault.not-in-effect", "writing to \(path) should \(text(wanted)), and would \(text(found))")
        }
        let total = try statistics().total
        guard isFull || isReadOnly || total == size else {
            throw CodedError("fault.not-in-effect", "the disk at \(path) has not got its size back")
        }
    }

    private var ballast: String { "\(path)/.lab-ballast" }

    private func flags(_ readOnly: Bool) -> UInt { UInt(MS_REMOUNT | MS_NOSUID | MS_NODEV) | (readOnly ? UInt(MS_RDONLY) : 0) }

    private func remount(size: Int, readOnly: Bool) throws(CodedError) {
        guard mount("none", path, nil, flags(readOnly), "size=\(size)") == 0 else {
            let failure = errno
            let reason = failure == EBUSY ? "files on it are open for writing" : errorText(failure)
            throw CodedError("fault.not-in-effect", "cannot remount the disk at \(path): \(reason)")
        }
    }

    /// What happens to somebody who writes a page: an errno value, or 0.
    private func probe() -> Int32 {
        let name = "\(path)/.lab-probe"
        let file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return errno }
        defer {
            close(file)
            unlink(name)
        }
        let bytes = [UInt8](repeating: 0, count: Self.page)
        let written = write(file, bytes, bytes.count)
        return written == bytes.count ? 0 : written < 0 ? errno : ENOSPC
    }

    private func usedBytes() throws(CodedError) -> Int { try statistics().used }

    private func statistics() throws(CodedError) -> (total: Int, used: Int) {
        var total: UInt64 = 0
        var used: UInt64 = 0
        let error = warren_file_system(path, &total, &used)
        guard error == 0 else {
            throw CodedError("machine.disk", "cannot look at the disk at \(path): \(errorText(error))")
        }
        return (Int(total), Int(used))
    }
}
