import Basics
import CLinux
import Glibc
import LinuxProcess

/// A machine to be made by a `MachineFactory`.
public struct MachineOrder: Sendable {
    /// For error messages.
    public var name: String
    /// Done in the machine's own namespaces before anything else happens there.
    public var steps: [MachineStep]
    /// What `MachineStep.attach` refers to.
    public var trees: [MountTree]

    public init(name: String, steps: [MachineStep], trees: [MountTree] = []) {
        self.name = name
        self.steps = steps
        self.trees = trees
    }
}

/// Makes many machines quickly: small processes that clone machines side by side, so that none has the lab's page tables to copy.
///
/// The processes end with this object, and when the lab dies. Not `Sendable`: one owner at a time.
public final class MachineFactory {
    /// A machine that was made.
    public struct Made {
        public let namespaces: MachineNamespaces
        /// An rtnetlink socket in its network namespace; the receiver closes it.
        public let routeSocket: Int32
    }

    private struct Worker {
        let socket: Int32
        let process: ChildProcess
    }

    private var workers: [Worker] = []
    private let windowPerWorker = 4

    /// Mounts that the caller makes later are not in the machines, unless they are given as trees.
    ///
    /// - Parameter count: workers; nil: as many as there are processors, 4 at most.
    /// - Throws: `machine.factory`.
    public init(workers count: Int? = nil) throws(CodedError) {
        for _ in 0..<(count ?? min(4, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))) {
            var socket: Int32 = -1
            var pid: pid_t = -1
            var step: UnsafePointer<CChar>?
            let error = warren_factory_start(&socket, &pid, &step)
            guard error == 0 else {
                let call = step.map { String(cString: $0) } ?? "clone3"
                throw CodedError("machine.factory", "cannot start the process that makes machines: \(call): \(errorText(error))")
            }
            do throws(CodedError) {
                workers.append(Worker(socket: socket, process: try ChildProcess.adopt(child: pid)))
            } catch {
                close(socket)
                throw error
            }
        }
    }

    deinit { dismissWorkers() }

    private func dismissWorkers() {
        for worker in workers { close(worker.socket) }
        workers = []
    }

    /// Makes the machines, several at a time, and hands each over as soon as it is there, in whatever order that is.
    ///
    /// The first failure ends it: no further machine is begun, those under way are ended.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - order: called when a machine's turn has come, with its number, from 0.
    ///   - ready: called with the machine's number. What it throws counts as a failure.
    /// - Throws: `machine.boot`, or what `order` or `ready` throws.
    public func make(
        _ count: Int, order: (Int) throws(CodedError) -> MachineOrder, ready: (Int, Made) throws(CodedError) -> Void
    ) throws(CodedError) {
        guard !workers.isEmpty else {
            throw CodedError("machine.boot", "no machine can be made any more, after an earlier failure")
        }
        var batch = Batch(count: count)
        while !batch.isDone {
            for worker in workers.indices {
                while batch.load[worker, default: 0] < windowPerWorker, let next = batch.next() {
                    do throws(CodedError) { try begin(next, try order(next), worker, &batch) } catch { batch.failure = error }
                }
            }
            guard !batch.underway.isEmpty else { break }
            if let (place, made) = try listen(&batch) {
                guard batch.failure == nil else {
                    discard(made)
                    continue
                }
                do throws(CodedError) { try ready(place, made) } catch {
                    made.namespaces.initProcess.signal(SIGKILL)
                    batch.failure = error
                }
            }
        }
        if let failure = batch.failure { throw failure }
    }

    private func begin(_ place: Int, _ order: MachineOrder, _ worker: Int, _ batch: inout Batch) throws(CodedError) {
        var program: [UInt8] = []
        for word in order.steps.flatMap(\.words) {
            program += word.utf8
            program.append(0)
        }
        let error = warren_factory_order(
            workers[worker].socket, UInt32(place), program, program.count, order.trees.map(\.descriptor),
            order.trees.count)
        guard error == 0 else {
            throw Self.failure(order.name, "order", error)
        }
        batch.load[worker, default: 0] += 1
        batch.underway[place] = Batch.Machine(name: order.name, worker: worker)
    }

    /// Waits for an answer and makes what it can of it. After an error here nobody knows what the workers are about: they are dismissed.
    private func listen(_ batch: inout Batch) throws(CodedError) -> (Int, Made)? {
        do throws(CodedError) {
            return try take(try awaitAnswer(), &batch)
        } catch {
            dismissWorkers()
            throw error
        }
    }

    /// Waits until a worker has something to say.
    private func awaitAnswer() throws(CodedError) -> Int {
        var polls = workers.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        var count: Int32
        repeat { count = poll(&polls, nfds_t(polls.count), 30_000) } while count < 0 && errno == EINTR
        guard count > 0, let worker = polls.firstIndex(where: { $0.revents != 0 }) else {
            throw CodedError("machine.boot", "no machine was made within 30 s")
        }
        return worker
    }

    /// Reads one answer; a machine is complete when both of its answers are there.
    private func take(_ worker: Int, _ batch: inout Batch) throws(CodedError) -> (Int, Made)? {
        var answer = warren_answer()
        let error = warren_factory_answer(workers[worker].socket, &answer)
        guard error == 0 else {
            throw CodedError("machine.boot", "the process that makes machines is gone: \(errorText(error))")
        }
        let place = Int(answer.ticket)
        guard var machine = batch.underway[place] else { return nil }
        if answer.error != 0 {
            let step = withUnsafeBytes(of: &answer.step) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            batch.failure = batch.failure ?? Self.failure(machine.name, step, answer.error)
            machine.failed = true
        }
        if answer.from_machine != 0 {
            machine.isReady = true
            machine.network = answer.network
            machine.routeSocket = answer.route_socket
        } else {
            machine.pid = answer.pid > 0 ? answer.pid : nil
            machine.isBorn = true
        }
        batch.underway[place] = machine
        guard machine.isBorn, machine.isReady || machine.pid == nil else { return nil }
        batch.underway[place] = nil
        batch.load[machine.worker, default: 1] -= 1
        return try finish(machine).map { (place, $0) }
    }

    private func finish(_ machine: Batch.Machine) throws(CodedError) -> Made? {
        guard let pid = machine.pid else { return nil }
        guard !machine.failed, machine.network >= 0, machine.routeSocket >= 0 else {
            kill(pid, SIGKILL)
            waitpid(pid, nil, Int32(bitPattern: UInt32(__WALL)))
            return nil
        }
        return Made(
            namespaces: try MachineNamespaces.adopt(pid: pid, networkDescriptor: machine.network),
            routeSocket: machine.routeSocket)
    }

    private func discard(_ made: Made) {
        made.namespaces.initProcess.signal(SIGKILL)
        close(made.routeSocket)
    }

    private static func failure(_ name: String, _ step: String, _ error: Int32) -> CodedError {
        CodedError("machine.boot", "cannot boot machine \(name): \(step): \(errorText(error))")
    }

    /// How far a call of `make` is.
    private struct Batch {
        struct Machine {
            let name: String
            let worker: Int
            var pid: pid_t?
            var isBorn = false
            var isReady = false
            var failed = false
            var network: Int32 = -1
            var routeSocket: Int32 = -1

            init(name: String, worker: Int) {
                self.name = name
                self.worker = worker
            }
        }

        let count: Int
        var upcoming = 0
        /// Machines under way, by worker.
        var load: [Int: Int] = [:]
        var underway: [Int: Machine] = [:]
        var failure: CodedError?

        init(count: Int) { self.count = count }

        var isDone: Bool { underway.isEmpty && (failure != nil || upcoming == count) }

        mutating func next() -> Int? {
            guard failure == nil, upcoming < count else { return nil }
            defer { upcoming += 1 }
            return upcoming
        }
    }
}
