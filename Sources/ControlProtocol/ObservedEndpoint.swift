import MeshModel

/// Where one machine sees another: what the packets of a tunnel that works come from. Part of a heartbeat.
public struct ObservedEndpoint: Codable, Sendable, Hashable {
    /// The machine that was seen.
    public var machine: MachineID
    /// Its underlay address and port as they look from here: those of its NAT gateway, if there is one in between.
    public var endpoint: Endpoint

    /// The most in one heartbeat.
    public static let limit = 64

    public init(machine: MachineID, endpoint: Endpoint) {
        self.machine = machine
        self.endpoint = endpoint
    }
}
