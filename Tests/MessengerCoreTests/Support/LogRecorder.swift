import Basics
import Logging
import Synchronization
import Timing

/// Keeps the events that are logged, and lets a test wait for one.
final class LogRecorder: Sendable {
    struct Event: Sendable {
        let name: String
        let level: Logger.Level
        let fields: [String: String]
    }

    private struct State {
        var events: [Event] = []
        var watchers: [(name: String, shot: OneShot<Event>)] = []
    }

    private let state = Mutex(State())

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }
    var events: [Event] { state.withLock { $0.events } }

    func all(_ name: String) -> [Event] { events.filter { $0.name == name } }

    /// The latest event of that name, waited for if there is none yet; nil after thirty seconds.
    func event(_ name: String) async -> Event? {
        if let event = all(name).last { return event }
        return await next(name).value(within: .seconds(30))
    }

    /// The first event of that name that is logged after this call.
    func next(_ name: String) -> OneShot<Event> {
        let shot = OneShot<Event>()
        state.withLock { $0.watchers.append((name, shot)) }
        return shot
    }

    private func add(_ event: Event) {
        let woken = state.withLock { state in
            state.events.append(event)
            let woken = state.watchers.filter { $0.name == event.name }
            state.watchers.removeAll { $0.name == event.name }
            return woken
        }
        for watcher in woken { watcher.shot.set(event) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var logLevel = Logger.Level.debug
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).mapValues(\.description)
            recorder.add(Event(name: fields["event"] ?? "", level: event.level, fields: fields))
        }
    }
}
