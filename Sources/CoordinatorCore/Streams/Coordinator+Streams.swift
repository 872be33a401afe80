import Logging
import MeshModel
import Observability

extension Coordinator {
    /// Opens the stream of a machine, and ends the one that it had.
    ///
    /// The stream has ended already if the caller's credential is not valid any longer, or the coordinator is stopping.
    func openStream(for caller: Caller, since: PeerMapPosition?, from remote: String) -> PeerStream {
        let stream = PeerStream(machine: caller.machine)
        guard !isStopping else {
            stream.end(.stopping)
            return stream
        }
        guard isCurrent(caller) else {
            stream.end(.credentialReplaced)
            return stream
        }
        endStream(of: caller.machine, .replaced)
        streams[caller.machine] = stream
        noteHolder(at: remote, of: caller.machine)
        membership.streamOpened(caller.machine)
        logger.event(
            "stream-opened", "a machine follows the peer map",
            [
                "machine": "\(caller.machine)", "name": name(of: caller.machine), "since": since.map { "\($0)" } ?? "nothing",
                "revision": .stringConvertible(position.revision), "remote": "\(remote)",
            ])
        stream.wake()
        return stream
    }

    /// What the stream's reader needs next; nil if it has everything and no keepalive is wanted.
    func nextUpdate(for stream: PeerStream, since: PeerMapPosition?, keepalive: Bool) -> PeerMapUpdate? {
        if let update = membership.registry.update(since: since, for: stream.machine) { return update }
        return keepalive ? .keepalive(position) : nil
    }

    /// Notes that a stream is over.
    func closeStream(_ stream: PeerStream, lines: Int) {
        let reason = stream.ending ?? .clientGone
        if streams[stream.machine] === stream {
            streams[stream.machine] = nil
            membership.streamClosed(stream.machine, broke: reason == .clientGone, at: clock.monotonic())
        }
        logger.event(
            "stream-closed", "a machine does not follow the peer map any longer",
            [
                "machine": "\(stream.machine)", "name": name(of: stream.machine), "reason": "\(reason.rawValue)",
                "lines": .stringConvertible(lines),
            ])
    }

    /// Wakes everybody who follows the peer map.
    func announceChanges() {
        for stream in streams.values { stream.wake() }
    }

    func endStream(of id: MachineID, _ reason: PeerStream.End) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.end(reason)
        membership.streamClosed(id, broke: false, at: clock.monotonic())
    }

    /// Ends all streams and lets no new one open, so that the server can stop at once.
    func stopStreams() {
        isStopping = true
        logger.event(
            "coordinator-stopping", "the coordinator stops; machines keep the mesh as it is",
            ["streams": .stringConvertible(streams.count)])
        for stream in streams.values { stream.end(.stopping) }
        streams = [:]
        stopEventFollowers()
    }

    private func name(of id: MachineID) -> Logger.MetadataValue { "\(membership.registry[id]?.name.text ?? "")" }
}
