import AgentLogic
import Basics
import Glibc
import LinuxProcess
import MeshModel

/// System calls that block: to be called on a thread of their own.
enum Resolver {
    /// The addresses of a host, in the system's order, without repetition (getaddrinfo(3)).
    static func addresses(of host: String) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let pointer = entry.ai_addr, Int(entry.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size else { continue }
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: Int(entry.ai_addrlen)))
            }
            if let address = InternetAddress.read(storage)?.address, !found.contains(address) { found.append(address) }
        }
        return found
    }

    /// Why no connection came about, in the system's words; nil if one did, which is closed again.
    static func connect(to address: IPAddress, port: UInt16, within limit: Duration) -> String? {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else { return errorText(errno) }
        defer { close(descriptor) }
        if InternetAddress.with(address, port, { Glibc.connect(descriptor, $0, $1) }) == 0 { return nil }
        guard errno == EINPROGRESS else { return errorText(errno) }
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(limit.wholeMilliseconds)) > 0 else {
            return "no answer within \(DurationText.format(limit))"
        }
        var reason: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &length) == 0 else { return errorText(errno) }
        return reason == 0 ? nil : errorText(reason)
    }
}

/// What packets the underlay carries.
enum UnderlayMTU {
    /// What a tunnel's packets of 1420 bytes become on IPv4; 20 bytes more on IPv6.
    static let needed = TunnelMTU.standard + 60
    /// With the smallest MTU that IPv6 allows inside the tunnel (RFC 8200, section 5).
    static let least = 1_280 + 60

    /// The narrowest way to these addresses, as the routing table and what was learnt about the path have it (IP_MTU, ip(7)).
    static func findings(towards addresses: [IPAddress]) -> [Finding] {
        let ways = Set(addresses).compactMap { address in mtu(towards: address).map { (mtu: $0, address: address) } }
        guard let narrowest = ways.min(by: { ($0.mtu, $0.address) < ($1.mtu, $1.address) }) else { return [] }
        return [finding(narrowest.mtu, towards: narrowest.address)]
    }

    static func finding(_ mtu: Int, towards address: IPAddress) -> Finding {
        let extra = address.isIPv4 ? 0 : 20
        let found = "\(mtu) bytes towards \(address)"
        if mtu >= needed + extra { return Finding("mtu", .ok, found) }
        if mtu >= least + extra {
            return Finding(
                "mtu", .warn, "\(found): packets of the tunnel do not fit whole",
                advice: "they are sent in fragments, if the way there allows it; \(needed + extra) bytes would carry them")
        }
        return Finding(
            "mtu", .fail, "\(found): not even packets of 1280 bytes fit into the tunnel",
            advice: "raise the MTU on the way there to \(needed + extra) bytes")
    }

    private static func mtu(towards address: IPAddress) -> Int? {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // The discard port: to connect a datagram socket sends nothing.
        guard InternetAddress.with(address, 9, { Glibc.connect(descriptor, $0, $1) }) == 0 else { return nil }
        var mtu: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        let (level, option) = address.isIPv4 ? (Int32(IPPROTO_IP), IP_MTU) : (Int32(IPPROTO_IPV6), IPV6_MTU)
        guard getsockopt(descriptor, level, Int32(option), &mtu, &length) == 0 else { return nil }
        return Int(mtu)
    }
}
