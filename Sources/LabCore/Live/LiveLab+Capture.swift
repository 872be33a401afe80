import Basics
import Fabric
import Glibc
import MeshModel
import PacketCapture
import PacketModel

/// Packets of the cables, for whoever watches.
extension LiveLab {
    /// Captures until it is signalled, or the caller is gone, or one of the limits that the request has is reached.
    func capture(_ request: LiveRequest, _ descriptors: [Int32], _ connection: LiveConnection) async throws {
        guard let output = descriptors.first, descriptors.count == 1 else {
            throw CodedError("live.protocol", "a capture needs one descriptor")
        }
        let seconds = request.seconds.flatMap { $0.isFinite ? min(max(0, $0), 1e6) : nil }
        let stream = try await run.network.stream(
            of: request.machines ?? [], to: output, duration: seconds.map { .milliseconds(Int64($0 * 1_000)) },
            limit: request.bytes)
        let key = ObjectIdentifier(stream)
        captures[key] = stream
        defer { captures[key] = nil }
        connection.answer { $0.started = true }
        let listener = Task {
            if let (_, more) = await connection.request() { for descriptor in more { close(descriptor) } }
            stream.stop()
        }
        let end = await stream.end()
        connection.answer { $0.captured = end }
        connection.shutDown()
        await listener.value
    }

    /// Ends all captures that people watch.
    func endCaptures() async {
        let running = Array(captures.values)
        for stream in running { stream.stop() }
        for stream in running { _ = await stream.end() }
    }
}

extension LabNetwork {
    /// Captures what passes through the cables of these machines; none: all cables.
    ///
    /// - Throws: `machine.unknown`, and as `FrameStream` does.
    func stream(of names: [String], to output: Int32, duration: Duration?, limit: Int?) throws(CodedError) -> FrameStream {
        var owners: [String: String] = [:]
        for node in try parts().fabric.machines { owners[node.portName] = node.name }
        for name in names { _ = try known(name) }
        let wanted = Set(names)
        var settings = FrameStream.Settings { [owners] seen in
            guard seen.driver == "veth" else { return nil }
            let owner = owners[seen.name]
            guard wanted.isEmpty || owner.map(wanted.contains) ?? false else { return nil }
            return CapturedLink(name: seen.name, machine: owner)
        }
        settings.duration = duration
        if let limit { settings.limit = limit }
        // A broadcast on all cables at once is as many copies as there are machines; on chosen ones it belongs there.
        settings.includesFloodedCopies = !names.isEmpty
        settings.names = try parts().fabric.machines.flatMap { node in node.addresses.map { ($0, node.name) } }
        return try FrameStream(settings, output: output)
    }
}
