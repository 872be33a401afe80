import Basics
import ControlProtocol
import Glibc
import MeshModel

/// The addresses under which others may reach this machine on the underlay.
struct LocalEndpoints: Sendable {
    /// WireGuard's interface, whose address is no underlay.
    let interface: String
    let port: UInt16
    /// What the user gave instead; empty: the machine's addresses.
    let override: [Endpoint]

    /// The candidates as of now, IPv4 first, at most `RegistrationRequest.endpointLimit`.
    ///
    /// - Parameter mesh: addresses in it belong to a mesh, not to the underlay.
    func current(mesh: [IPPrefix]) -> [Endpoint] { candidates(of: addresses(mesh: mesh)) }

    /// This machine's own addresses as of now, as many as there are candidates at most, whatever the user gave.
    func addresses(mesh: [IPPrefix]) -> [IPAddress] { Self.choose(from: systemAddresses(), excluding: mesh) }

    /// What to offer when the machine has these addresses.
    func candidates(of addresses: [IPAddress]) -> [Endpoint] {
        override.isEmpty ? addresses.map { Endpoint(address: $0, port: port) } : override
    }

    /// Of all addresses the ones that others may reach, without repetition and in a stable order.
    static func choose(from addresses: [IPAddress], excluding mesh: [IPPrefix]) -> [IPAddress] {
        let usable = Set(addresses).filter { address in
            address.isUsableByOthers && !mesh.contains { $0.contains(address) }
        }
        return Array(usable.sorted().prefix(RegistrationRequest.endpointLimit))
    }

    /// Addresses of interfaces that are up, other than WireGuard's (getifaddrs(3)).
    private func systemAddresses() -> [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            let isUp = entry.ifa_flags & UInt32(IFF_UP) != 0
            guard isUp, String(cString: entry.ifa_name) != interface, let socketAddress = entry.ifa_addr else { continue }
            if let address = Self.address(socketAddress) { addresses.append(address) }
        }
        return addresses
    }

    private static func address(_ pointer: UnsafePointer<sockaddr>) -> IPAddress? {
        let raw = UnsafeRawPointer(pointer)
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self)
            return .v4(UInt32(bigEndian: address.sin_addr.s_addr))
        case AF_INET6:
            var address = raw.loadUnaligned(as: sockaddr_in6.self)
            return withUnsafeBytes(of: &address.sin6_addr) { IPAddress(bytes: Array($0)) }
        default: return nil
        }
    }
}
