import MeshModel

/// Body of `PATCH /v1/machines/{id}` on the admin socket.
public struct RenameRequest: Codable, Sendable, Hashable {
    /// The name that the machine shall have from now on, whatever it calls itself.
    public var name: MachineName

    public init(name: MachineName) { self.name = name }
}
