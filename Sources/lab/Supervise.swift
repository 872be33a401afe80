import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LinuxProcess
import Namespaces

/// The process outside whose end takes a living lab down. Not for people.
struct Supervise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "supervise", shouldDisplay: false)

    @OptionGroup var options: InsideOptions
    /// Whether another name will do if this one is taken.
    @Flag var anyName = false

    func run() async throws {
        var options = options
        let channel = SupervisorChannel()
        let taken: (name: String, listener: Int32)
        do {
            taken = try take(options.name ?? "lab")
        } catch {
            channel.tell(SupervisorChannel.News(error: "\(error)", code: 64))
            throw ExitCode(64)
        }
        options.name = taken.name
        let socket = LiveFolder.socket(taken.name)
        let output = options.output
        SupervisorChannel.watchLeash { wasLetGo in
            if wasLetGo, (try? LabLog.takeOver(in: output)) != nil { return }
            // The kernel ends the lab with this process.
            unlink(socket)
            _exit(137)
        }
        if taken.name != self.options.name { channel.tell(SupervisorChannel.News(name: taken.name)) }
        let (inside, listener) = (options, taken.listener)
        let result = await OwnThread.run {
            Result { () throws(CodedError) in try inside.isolate(Isolation.Descriptors(), listener: listener) }
        }
        unlink(socket)
        var code: Int32
        do throws(CodedError) {
            let end = try result.get()
            code = RunEnd.code(end.status) ?? 3
            let left = try await Leftovers.after(end.namespaces)
            if !left.isEmpty { throw CodedError("leak", "something is left of the lab: \(left.joined(separator: "; "))") }
        } catch {
            code = error.code == "leak" ? 5 : 3
            channel.tell(SupervisorChannel.News(error: "\(error)", code: code))
        }
        if code != 0 { throw ExitCode(code) }
    }

    private func take(_ name: String) throws(CodedError) -> (name: String, listener: Int32) {
        for number in 1...(anyName ? 100 : 1) {
            let candidate = number == 1 ? name : "\(name)-\(number)"
            do throws(CodedError) {
                return (candidate, try LiveFolder.take(candidate))
            } catch {
                guard error.code == "lab.taken", number < (anyName ? 100 : 1) else { throw error }
            }
        }
        throw CodedError("lab.taken", "no name like \"\(name)\" is free")
    }
}
