import Basics
import Fabric
import FoundationEssentials
import Glibc
import LinuxProcess
import Namespaces
import Netlink
import Testing

/// What `lab doctor` finds: nothing is guessed, so what is taken away must be missed.
@Suite(.serialized, .enabled(if: geteuid() == 0))
struct SurveyTests {
    private struct Answer: Decodable {
        var ready: Bool
        var features: [KernelFeature]

        func feature(_ name: String) -> KernelFeature? { features.first { $0.name == name } }
    }

    /// Runs the built `lab doctor` where the mounts have been made.
    private func doctor(_ arguments: [String], _ mounts: [Mount]) async throws -> (status: LinuxProcess.ExitStatus?, output: Data)
    {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        var template = Array("/tmp/doctor-test-XXXXXX".utf8CString)
        let output = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(output)
            unlink(path)
        }
        let place = try MachineNamespaces.start(hostname: "place", mounts: [.proc] + mounts)
        defer { place.initProcess.signal(SIGKILL) }
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: "\(folder)/lab", arguments: ["doctor"] + arguments, standardOutput: output, standardError: output,
                namespacesOf: place.entry))
        let status = await process.wait(within: .seconds(60))
        #expect(await place.powerOff(within: .seconds(10)))
        return (status, FileManager.default.contents(atPath: path) ?? Data())
    }

    @Test func whatTheOtherTestsUseIsFound() async throws {
        let (status, output) = try await doctor(["--json"], [])
        let answer = try JSONDecoder().decode(Answer.self, from: output)
        for name in ["namespaces", "bridge", "veth", "mount-trees"] { #expect(answer.feature(name)?.isThere == true) }
        #expect(answer.feature("nat")?.isThere == (findExecutable("nft") != nil))
        #expect(status == .exited(answer.ready ? 0 : 3))
        #expect(answer.features.allSatisfy { $0.isThere == ($0.remedy == nil) })
    }

    @Test func aMissingDeviceIsMissedAndExplained() async throws {
        let (status, output) = try await doctor([], [.tmpfs(at: "/dev/net", size: "4k")])
        let text = String(decoding: output, as: UTF8.self)
        #expect(status == .exited(3))
        #expect(text.contains("MISSING tun") && text.contains("mknod /dev/net/tun c 10 200"), "\(text)")
        #expect(text.contains("\"lab run\" cannot work without: ") && !text.contains("MISSING veth"))
    }

    @Test func unknownKindsAreNotThere() async throws {
        let machine = try MachineNamespaces.start(hostname: "scratch", mounts: [])
        let routes = try RouteSocket(
            adopting: machine.socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: RouteSocket.protocolNumber))
        #expect(routes.knowsQueueingDiscipline("pfifo") && !routes.knowsQueueingDiscipline("nonsense"))
        var batch = NetlinkBatch()
        batch.addLink(named: "probe", kind: "nonsense")
        #expect(throws: CodedError.self) { try routes.perform(batch) }
        #expect(await machine.powerOff(within: .seconds(5)))
    }
}
