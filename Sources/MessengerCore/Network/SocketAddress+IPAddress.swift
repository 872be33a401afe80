import MeshModel
import NIOCore

extension SocketAddress {
    /// - Parameter port: 0 lets the system choose.
    init(_ address: IPAddress, port: Int) throws {
        try self.init(ipAddress: "\(address)", port: port)
    }

    /// The address without its port; nil for a Unix socket.
    var meshAddress: IPAddress? { ipAddress.flatMap { IPAddress($0) } }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// A source address without a port of its own: the port is chosen on connect, so that one address serves many peers at once.
    static var bindAddressNoPort: Self { Self(level: .ip, name: .init(rawValue: 24)) }

    /// Allows listening on an address that is not, or not yet, on an interface.
    static func freeBind(_ address: IPAddress) -> Self {
        address.isIPv4 ? Self(level: .ip, name: .init(rawValue: 15)) : Self(level: .ipv6, name: .init(rawValue: 78))
    }
}
