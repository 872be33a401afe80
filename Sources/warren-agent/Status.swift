import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import LocalControl

/// `warren-agent status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show this machine's place in the mesh, its peers, and what is wrong.",
        discussion: """
            The device is read at this moment, and a probe goes to each connected peer through its tunnel: ROUND TRIP is how long its answer \
            took. STATE is connected, kept (the coordinator hears nothing of it, but it answers over its tunnel), connecting, \
            no-endpoint, unresponsive, not-configured, or why the peer is refused; REMARKS says more. Exits with 1 if no \
            agent answers.

            EXAMPLES
              warren-agent status
              warren-agent status --measure 0s
              warren-agent status --json | jq -r '.peers[] | select(.path == null) | .name'
            """)

    @OptionGroup var control: ControlOptions
    @OptionGroup var measuring: MeasureOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let status = try await measuring.status(of: control.client())
        if json { return try Console.printJSON(status) }
        print(StatusText.render(status))
    }
}

/// `warren-agent peers`
struct Peers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the other machines of the mesh, or one of them in detail.",
        discussion: """
            The table is that of "warren-agent status". With a name, a mesh address, an id or a key, everything about that machine, and why it is not \
            connected if it is not. Exits with 1 if no agent answers, or there is no such machine.

            EXAMPLES
              warren-agent peers
              warren-agent peers birch
              warren-agent peers --json birch
            """)

    @OptionGroup var control: ControlOptions
    @OptionGroup var measuring: MeasureOptions

    @Flag(help: "Print JSON: an array, or with a machine one object.")
    var json = false

    @Argument(help: ArgumentHelp("Only this machine.", valueName: "MACHINE"))
    var machine: String?

    func run() async throws {
        let peers = try await measuring.status(of: control.client()).peers
        guard let machine else {
            if json { return try Console.printJSON(peers) }
            return print(StatusText.peers(peers).joined(separator: "\n"))
        }
        guard let peer = peers.first(where: { Self.isMeant($0, by: machine) }) else {
            let near = NearestWord.to(machine, among: peers.map(\.name.text)).map { ": did you mean \"\($0)\"?" } ?? ""
            throw CodedError("unknown-machine", "no other machine of the mesh is \"\(machine.prefix(80))\"\(near)")
        }
        if json { return try Console.printJSON(peer) }
        print(StatusText.detail(peer))
    }

    private static func isMeant(_ peer: AgentStatus.PeerStatus, by text: String) -> Bool {
        let names = ["\(peer.name)", "\(peer.id)", "\(peer.meshAddress)", "\(peer.publicKey)"]
        return names.contains(text) || peer.meshAddress6.map { "\($0)" } == text || text.hasPrefix("\(peer.name).")
    }
}
