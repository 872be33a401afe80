import Basics
import ControlProtocol
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
        if hub.add(stream).map({ $0.end(.replaced) }) != nil {
            membership.streamClosed(caller.machine, broke: false, at: clock.monotonic())
        }
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

    /// Notes that a stream is over.
    func closeStream(_ stream: PeerStream, lines: Int) {
        let reason = stream.ending ?? .clientGone
        if hub.remove(stream) {
            membership.streamClosed(stream.machine, broke: reason == .clientGone, at: clock.monotonic())
        }
        logger.event(
            "stream-closed", "a machine does not follow the peer map any longer",
            [
                "machine": "\(stream.machine)", "name": name(of: stream.machine), "reason": "\(reason.rawValue)",
                "lines": .stringConvertible(lines),
            ])
    }

    /// The open streams.
    var streams: [MachineID: PeerStream] { hub.streams }

    /// Tells everybody who follows the peer map what has changed.
    func announceChanges() {
        do {
            try hub.publish(membership.registry)
        } catch {
            // Out of text and numbers JSON can always be made; a reader that lags behind is better than none.
            logger.event("request-failed", "a change of the peer map could not be told: \(error)", level: .error)
        }
    }

    func endStream(of id: MachineID, _ reason: PeerStream.End) {
        guard let stream = hub.remove(id) else { return }
        stream.end(reason)
        membership.streamClosed(id, broke: false, at: clock.monotonic())
    }

    /// The longest time over which machines are spread that have to connect again after a shutdown.
    static let longestSpread = Duration.seconds(10)
    /// What one more machine adds to that time.
    static let spreadPerStream = Duration.milliseconds(2)

    /// Ends all streams and lets no new one open, so that the server can stop at once. Each reader is told when to come back: all at
    /// once would be more than a coordinator that has just started can take.
    func stopStreams() {
        isStopping = true
        let ended = hub.removeAll()
        logger.event(
            "coordinator-stopping", "the coordinator stops; machines keep the mesh as it is",
            ["streams": .stringConvertible(ended.count)])
        let spread = Int(min(Self.longestSpread, Self.spreadPerStream * ended.count).wholeMilliseconds)
        for stream in ended { stream.end(.stopping, farewell: .reconnect(afterMilliseconds: .random(in: 0...spread))) }
        stopEventFollowers()
    }

    private func name(of id: MachineID) -> Logger.MetadataValue { "\(membership.registry[id]?.name.text ?? "")" }
}
