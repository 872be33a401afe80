import Glibc

/// The shell's way of stopping and continuing what it has started.
public enum JobControl {
    /// Stops this process and those that were started together with it, until the shell lets them go on (`TerminalInput` then
    /// says so). This call may still return a moment before the stop.
    ///
    /// - Returns: false if there is no shell that could; then nothing happens.
    public static func suspend() -> Bool {
        guard hasShell else { return false }
        return kill(0, SIGSTOP) == 0
    }

    /// Whether this process group has a parent outside of it and in the same session: then it is not orphaned, as POSIX has it.
    static var hasShell: Bool {
        var parent = getppid()
        for _ in 0..<100 where parent > 1 {
            guard getpgid(parent) == getpgrp() else { return getsid(parent) == getsid(0) }
            guard let next = self.parent(of: parent) else { return false }
            parent = next
        }
        return false
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = fread(&bytes, 1, bytes.count, file)
        // The name in parentheses may hold anything; behind it stand the state and the parent.
        guard let end = bytes.prefix(count).lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? pid_t(String(decoding: fields[1], as: UTF8.self)) : nil
    }
}
