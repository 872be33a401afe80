import Glibc

/// What Prometheus' convention says of every process.
public enum ProcessMetrics {
    /// - Parameter started: when the process began to serve, in seconds since 1970.
    public static func add(to text: inout PrometheusText, started: Int64) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = usage.ru_utime.inSeconds + usage.ru_stime.inSeconds
            text.add("process_cpu_seconds_total", .counter, "Processor time used.", seconds)
        }
        if let pages = residentPages() {
            text.add("process_resident_memory_bytes", .gauge, "Memory in use.", Double(pages * sysconf(Int32(_SC_PAGESIZE))))
        }
        if let open = openDescriptors() { text.add("process_open_fds", .gauge, "File descriptors open.", Double(open)) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            text.add("process_max_fds", .gauge, "The most file descriptors that may be open.", Double(limit.rlim_cur))
        }
        text.add("process_start_time_seconds", .gauge, "When the process began to serve, since 1970.", Double(started))
    }

    private static func openDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Itself, "." and "..".
        return count - 3
    }

    /// The second number of /proc/self/statm (proc(5)).
    private static func residentPages() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let length = read(file, &bytes, bytes.count)
        guard length > 0 else { return nil }
        let numbers = String(decoding: bytes[..<length], as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]) : nil
    }
}

extension timeval {
    fileprivate var inSeconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
