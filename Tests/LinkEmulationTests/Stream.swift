import Basics
import Glibc
import Testing
import Timing

/// One TCP stream between two machines.
enum Stream {
    /// Sends bytes of a known pattern and checks each that arrives.
    ///
    /// - Parameter limit: seconds.
    /// - Returns: megabits per second.
    static func transfer(_ net: TestNet, from: Int, to: Int, bytes: Int, port: UInt16, limit: Double = 30) throws -> Double {
        let type = Int32(SOCK_STREAM.rawValue)
        let listener = try net.machines[to].socket(domain: AF_INET, type: type, protocol: 0)
        let sender = try net.machines[from].socket(domain: AF_INET, type: type, protocol: 0)
        defer {
            close(listener)
            close(sender)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        func call(_ body: (UnsafePointer<sockaddr>) -> Int32) -> Int32 {
            withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
        }
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try #require(call { bind(listener, $0, length) } == 0 && listen(listener, 1) == 0)
        guard case .v4(let word) = TestNet.address(to) else { return 0 }
        address.sin_addr.s_addr = word.bigEndian
        try #require(fcntl(sender, F_SETFL, O_NONBLOCK) == 0)
        _ = call { connect(sender, $0, length) }
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        try #require(poll(&waiting, 1, Int32(limit * 1_000)) == 1, "no connection")
        let receiver = accept(listener, nil, nil)
        defer { close(receiver) }
        try #require(fcntl(receiver, F_SETFL, O_NONBLOCK) == 0)
        let pattern = (0..<262_144).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var (sent, received) = (0, 0)
        let start = MonotonicTime.now
        while received < bytes {
            try #require((MonotonicTime.now - start).inSeconds < limit, "\(received) bytes after \(limit) s")
            var pollers = [
                pollfd(fd: receiver, events: Int16(POLLIN), revents: 0),
                pollfd(fd: sender, events: sent < bytes ? Int16(POLLOUT) : 0, revents: 0),
            ]
            poll(&pollers, 2, 100)
            if sent < bytes, pollers[1].revents & Int16(POLLOUT) != 0 {
                let offset = sent % 65_536
                let count = min(65_536 * 2, bytes - sent)
                let put = pattern.withUnsafeBytes { write(sender, $0.baseAddress.map { $0 + offset }, count) }
                if put > 0 { sent += put }
            }
            while received < bytes {
                let got = read(receiver, &buffer, buffer.count)
                guard got > 0 else { break }
                let offset = received % 65_536
                let isSame = pattern.withUnsafeBytes { wanted in
                    wanted.baseAddress.map { memcmp($0 + offset, buffer, got) == 0 } ?? false
                }
                try #require(isSame, "the stream is not what was sent")
                received += got
            }
        }
        return Double(bytes) * 8 / (MonotonicTime.now - start).inSeconds / 1e6
    }
}
