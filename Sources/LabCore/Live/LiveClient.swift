import Basics
import Glibc
import LinuxProcess
import Timing

/// A command's connection to a living lab.
public final class LiveClient: Sendable {
    public let name: String
    private let lines: LineSocket

    /// The longest answer, in bytes: the status of thousands of machines.
    private static let answerLimit = 64 << 20

    /// - Throws: `lab.missing` with what is up.
    public init(_ name: String) throws(CodedError) {
        self.name = name
        do throws(CodedError) {
            lines = LineSocket(try DescriptorSocket.connect(to: LiveFolder.socket(name)), limit: Self.answerLimit)
        } catch {
            throw Self.missing(name, try LiveFolder.names())
        }
    }

    /// The lab that the user means: the named one, or the only one that is up.
    ///
    /// - Throws: `lab.missing`, `lab.ambiguous`.
    public static func choose(_ name: String?) throws(CodedError) -> LiveClient {
        if let name { return try LiveClient(name) }
        let names = try LiveFolder.names()
        guard let only = names.first else { throw missing(nil, []) }
        guard names.count == 1 else {
            throw CodedError("lab.ambiguous", "several labs are up: say which with --lab: \(names.joined(separator: ", "))")
        }
        return try LiveClient(only)
    }

    /// The process whose end takes the lab down with it.
    public var supervisor: Int32? { lines.socket.peer()?.pid }

    /// Sends a request.
    public func send(_ request: LiveRequest, descriptors: [Int32] = []) throws {
        do {
            try lines.send(request, descriptors: descriptors)
        } catch {
            throw CodedError("lab.gone", "the lab \"\(name)\" has ended")
        }
    }

    /// Waits for the next answer.
    ///
    /// - Parameter limit: how long the lab may take; nil: for ever, or until it ends.
    /// - Throws: the error that the lab answers; `lab.gone`, `lab.silent`.
    public func answer(within limit: Duration?) async throws -> LiveAnswer {
        lines.socket.setReceiveLimit(limit ?? .zero)
        let received: (value: LiveAnswer, descriptors: [Int32])?
        do {
            received = try await lines.receive(LiveAnswer.self)
        } catch let error as CodedError where (error.cause as? POSIXFailure)?.number == EAGAIN {
            throw CodedError("lab.silent", "the lab \"\(name)\" does not answer; \"lab down --now \(name)\" ends it")
        } catch let error as CodedError where error.code == "socket.closed" {
            received = nil
        }
        guard let received else { throw CodedError("lab.gone", "the lab \"\(name)\" has ended") }
        for descriptor in received.descriptors { close(descriptor) }
        if let failure = received.value.error { throw CodedError(failure.code, failure.message) }
        return received.value
    }

    /// Asks and waits for the answer.
    public func ask(_ request: LiveRequest, within limit: Duration? = .seconds(10)) async throws -> LiveAnswer {
        try send(request)
        return try await answer(within: limit)
    }

    /// What the lab is.
    public func hello() async throws -> LiveHello {
        guard let hello = try await ask(LiveRequest(.hello)).hello else {
            throw CodedError("live.protocol", "the lab \"\(name)\" answered something else")
        }
        return hello
    }

    private static func missing(_ name: String?, _ names: [String]) -> CodedError {
        let start = "Start one with \"lab up\" (see lab up --help)."
        guard let name else { return CodedError("lab.missing", "no lab is up. \(start)") }
        guard !names.isEmpty else { return CodedError("lab.missing", "no lab is up, none named \"\(name)\" either. \(start)") }
        let hint = NearestWord.to(name, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
        return CodedError("lab.missing", "no lab named \"\(name)\" is up.\(hint) Up: \(names.joined(separator: ", "))")
    }
}
