import Basics
import CoordinatorLogic
import Foundation
import Glibc
import MeshModel

/// Room on the disk.
enum DiskCheck {
    /// Below this nothing can be relied on, in MiB.
    static let least = 16
    /// Below this it is time to make room, in MiB.
    static let comfortable = 256

    static func space(in data: String) -> Finding {
        var status = statvfs()
        guard statvfs(data, &status) == 0 else {
            return .warn("disk-space", "cannot be asked for: \(String(cString: strerror(errno)))", "look with df \(data)")
        }
        let free = mebibytes(blocks: UInt64(status.f_bavail), of: UInt64(status.f_frsize))
        return judge(free: free, files: status.f_files == 0 ? nil : Int(clamping: status.f_favail), data)
    }

    static func mebibytes(blocks: UInt64, of size: UInt64) -> Int {
        Int(clamping: blocks.multipliedReportingOverflow(by: size).partialValue >> 20)
    }

    /// - Parameters:
    ///   - free: in MiB.
    ///   - files: how many can be made still; nil where that is not limited.
    static func judge(free: Int, files: Int?, _ data: String) -> Finding {
        if free < least || files ?? 100 < 16 {
            let what = free < least ? "\(free) MiB free" : "no more files can be made"
            return .fail("disk-space", "\(what) at \(data)", "make room: registrations are refused when nothing can be written")
        }
        guard free >= comfortable else {
            return .warn("disk-space", "\(free) MiB free at \(data)", "make room before it comes to less than \(least) MiB")
        }
        return .ok("disk-space", "\(free) MiB free")
    }
}

/// File descriptors: each machine holds two connections at the most.
enum DescriptorCheck {
    static func examine(machines: Int, _ holder: LockHolder) -> Finding {
        if case .process(let id) = holder, let limit = limit(ofProcess: id) {
            return judge(machines, limit, "the coordinator has")
        }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return judge(machines, Int(clamping: limit.rlim_max), "started from here, the coordinator would have")
    }

    static func judge(_ machines: Int, _ limit: Int, _ whose: String) -> Finding {
        let wanted = 2 * machines + CoordinatorServer.reservedDescriptors
        guard limit >= wanted else {
            return .fail(
                "descriptors", "\(whose) \(limit) file descriptors; \(machines) machines take up to \(wanted)",
                "raise the limit: ulimit -n, or LimitNOFILE= of the service")
        }
        return .ok("descriptors", "\(whose) \(limit); \(machines) machines take up to \(wanted)")
    }

    private static func limit(ofProcess id: String) -> Int? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(id)/limits") else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line.flatMap { $0.split(separator: " ").dropFirst(3).first }.flatMap { Int($0) }
    }
}

/// Mesh addresses.
enum PoolCheck {
    static func examine(_ addresses: [IPAddress], _ prefix: IPPrefix) -> Finding {
        guard let pool = try? AddressPool(prefix: prefix) else {
            return .fail("address-pool", "\(prefix) is no pool", "give the --pool that the coordinator has")
        }
        if let stranger = addresses.first(where: { !prefix.contains($0) }) {
            return .fail(
                "address-pool", "the machine address \(stranger) is not in \(prefix)",
                "if the coordinator runs with another --pool, give it here, too; else it does not start with this one")
        }
        let found = "\(addresses.count) of \(pool.capacity) addresses of \(prefix) in use"
        let free = pool.capacity - addresses.count
        if free <= 0 {
            return .fail(
                "address-pool", found, "remove machines that are gone, or start with a larger --pool that contains \(prefix)")
        }
        guard Double(free) >= Double(pool.capacity) * 0.1 else {
            return .warn(
                "address-pool", found, "remove machines that are gone, or plan for a larger --pool that contains \(prefix)")
        }
        return .ok("address-pool", found)
    }
}

/// The time of day, by which join tokens and certificates expire. Liveness does not depend on it.
enum ClockCheck {
    /// 2026-01-01: no coordinator was started before.
    static let earliest: Int64 = 1_767_225_600

    /// - Parameter latest: the time of the latest thing that the database knows, in seconds since 1970.
    static func examine(now: Int64, latest: Int64?) -> Finding {
        let text = CoordinatorClock.text(now)
        guard now >= earliest else {
            return .fail("clock", "the clock says \(text)", "set it: join tokens and certificates expire by it")
        }
        if let latest, latest > now + 60 {
            return .fail(
                "clock", "the clock says \(text), but the database was written at \(CoordinatorClock.text(latest))",
                "the clock went backwards: set it; until then expired join tokens may be valid again")
        }
        return .ok("clock", text)
    }
}
