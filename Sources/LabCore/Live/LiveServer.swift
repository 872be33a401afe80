import Basics
import Dispatch
import Glibc
import LinuxProcess
import Synchronization

/// Takes connections at a lab's control socket, several at once, and hands each one's requests to a handler.
public final class LiveServer: Sendable {
    /// The most connections at a time; more wait in the kernel's queue.
    static let connectionLimit = 64
    /// How long a new connection may take to say what it wants.
    static let patience = Duration.seconds(5)

    private let listener: Int32
    private let isFull = DispatchSemaphore(value: LiveServer.connectionLimit)
    private let handler: @Sendable (LiveConnection) async -> Void

    /// - Parameters:
    ///   - listener: a listening socket, owned from here on.
    ///   - handler: called for each connection, in a task of its own; the connection is closed when it returns.
    public init(listener: Int32, handler: @escaping @Sendable (LiveConnection) async -> Void) {
        self.listener = listener
        self.handler = handler
    }

    /// Takes connections until the process ends, on a thread of its own.
    public func start() {
        OwnThread.start { [self] in
            while true {
                isFull.wait()
                let accepted = accept(listener, nil, nil)
                guard accepted >= 0 else {
                    isFull.signal()
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    if errno == EMFILE || errno == ENFILE {
                        usleep(50_000)
                        continue
                    }
                    return
                }
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                let connection = LiveConnection(DescriptorSocket(adopting: accepted))
                Task {
                    await handler(connection)
                    isFull.signal()
                }
            }
        }
    }
}

/// One command's connection, seen from the lab.
public struct LiveConnection: Sendable {
    private let lines: LineSocket

    init(_ socket: DescriptorSocket) {
        socket.setReceiveLimit(LiveServer.patience)
        socket.setSendLimit(LiveServer.patience)
        lines = LineSocket(socket, limit: LiveRequest.limit)
    }

    /// The next request; nil: the client is gone, or has not spoken in time. Descriptors belong to the caller.
    func request() async -> (value: LiveRequest, descriptors: [Int32])? {
        do {
            return try await lines.receive(LiveRequest.self)
        } catch let error as CodedError where error.code == "live.protocol" {
            fail(error)
            return nil
        } catch {
            return nil
        }
    }

    /// From here on requests may come at any time, or never.
    func waitForEver() { lines.socket.setReceiveLimit(.zero) }

    /// Ends the wait for a request.
    func shutDown() { lines.socket.shutDown() }

    /// Answers; a client that is gone does not hear it.
    func answer(_ change: (inout LiveAnswer) -> Void) {
        var answer = LiveAnswer()
        change(&answer)
        try? lines.send(answer)
    }

    func fail(_ error: any Error) {
        let coded = error as? CodedError
        answer { $0.error = LiveAnswer.Failure(code: coded?.code ?? "lab", message: "\(error)") }
    }
}
