import Basics
import LinuxProcess
import Netlink
import Testing
import WireGuardModel

@testable import WireGuardControl

/// What must be right on every kernel, with WireGuard or without.
@Suite(.serialized) struct AnyKernelTests {
    @Test func aKernelWithoutWireGuardIsNamed() async throws {
        try await privately {
            let knows = try GenericSocket().family(named: KernelProtocol.family) != nil
            let backend = KernelBackend(interface: "wg1")
            do throws(CodedError) {
                #expect(try await backend.open() == .created(pid: nil))
                #expect(knows)
                await backend.close()
            } catch {
                #expect(!knows && error.code == "wireguard.no-kernel")
                #expect(error.message.contains("modprobe wireguard") && error.message.contains("--backend userspace"))
            }
            #expect(try RouteSocket().link(named: "wg1") == nil)
            #expect(throws: CodedError.self) { try backend.read() }
        }
    }

    @Test func aForeignInterfaceIsNotTaken() async throws {
        try await privately {
            let bridge = try RouteSocket().addBridge(named: "wg1")
            let backend = KernelBackend(interface: "wg1")
            let error = await #expect(throws: CodedError.self) { try await backend.open() }
            #expect(
                error?.code == "wireguard.interface-taken" && error?.message.contains("of kind bridge, not wireguard") == true)
            await backend.close()
            #expect(try RouteSocket().link(named: "wg1")?.index == bridge.index)
        }
    }

    @Test func aLinkThatGoesIsNoticed() async throws {
        try await privately {
            let routes = try RouteSocket()
            let (one, two) = (try routes.addBridge(named: "one"), try routes.addBridge(named: "two"))
            let watch = try LinkWatch(index: one.index)
            try routes.deleteLink(two.index)
            try routes.setLink(one.index, up: true)
            #expect(!watch.hasEnded)
            try routes.deleteLink(one.index)
            await watch.waitForEnd()
            #expect(watch.hasEnded)
            // One that is gone before it is watched.
            #expect(try LinkWatch(index: one.index).hasEnded)
        }
    }

    @Test func theKernelsFamiliesAreFound() async throws {
        try await privately {
            let socket = try GenericSocket()
            // The controller itself has a fixed number (GENL_ID_CTRL).
            #expect(try socket.family(named: "nlctrl") == 16)
            #expect(try socket.family(named: "no-such-family") == nil)
            let list = GenericSocket.Request(command: 3 /* CTRL_CMD_GETFAMILY */, version: 1, attributes: [])
            #expect(try socket.dump(list, family: 16, limit: 1 << 20).count > 1)
            let short = #expect(throws: CodedError.self) { try GenericSocket().dump(list, family: 16, limit: 100) }
            #expect((short?.cause as? NetlinkErrno)?.number == 90 /* EMSGSIZE */)
            // No such command, and then the socket is as good as before.
            let nothing = GenericSocket.Request(command: 200, version: 1, attributes: [])
            let error = #expect(throws: CodedError.self) { try socket.perform(nothing, family: 16) }
            #expect((error?.cause as? NetlinkErrno)?.number == 95 /* EOPNOTSUPP */)
            #expect(try socket.family(named: "nlctrl") == 16)
        }
    }

    @Test(arguments: [
        ("wireguard.no-kernel", "the kernel has no WireGuard"),
        ("wireguard.interface-taken", "an interface of that name exists and is not of kind wireguard"),
        ("wireguard.no-privilege", nil), ("netlink.open", nil),
    ])
    func whenUserspaceIsTheNextChoice(code: String, reason: String?) {
        #expect(WireGuardBackendReason.userspace(after: CodedError(code, "")) == reason)
    }
}
