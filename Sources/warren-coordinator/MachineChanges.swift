import ArgumentParser
import Basics
import ControlProtocol
import CoordinatorCore
import LocalControl
import MeshModel

/// Finds the machine that an administrator means.
enum MachineChoice {
    /// - Throws: `CodedError` with code `machine-unknown` that names the nearest one.
    static func find(_ text: String, _ admin: LocalControlClient) async throws -> MachineStatus {
        let machines = try await admin.get(APIPath.machines, as: MachineList.self).machines
        if let found = machines.first(where: { $0.id.text == text }) ?? machines.first(where: { $0.name.text == text }) {
            return found
        }
        let nearest = NearestWord.to(text, among: machines.map(\.name.text)).map { "; did you mean \($0)?" } ?? ""
        throw CodedError("machine-unknown", "there is no machine \"\(text.prefix(80))\" in the mesh\(nearest)")
    }
}

/// `warren-coordinator machine rename`
struct MachineRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a machine another name.",
        discussion: """
            All others see it at once; id and addresses stay. The name that an administrator gave stays whatever name the \
            machine's own configuration has.

            EXAMPLES
              warren-coordinator machine rename birch birch-old
            """)

    @Argument(help: ArgumentHelp("The machine's name or id.", valueName: "NAME|ID"))
    var machine: String

    @Argument(help: ArgumentHelp("The name that it gets: \(MachineName.allowed).", valueName: "NEW"))
    var new: String

    @OptionGroup var data: DataOptions

    func validate() throws {
        guard MachineName(new) != nil else {
            throw ValidationError("found the name \"\(new.prefix(80))\", expected \(MachineName.allowed)")
        }
    }

    func run() async throws {
        let admin = try data.admin()
        guard let name = MachineName(new) else { return }
        let found = try await MachineChoice.find(machine, admin)
        try await admin.patch(APIPath.machine(found.id), body: RenameRequest(name: name))
        print("\(found.name) (\(found.id), \(found.meshAddress)) is \(name) now")
    }
}

/// `warren-coordinator machine revoke`
struct MachineRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Make a machine's credential void at once. It keeps its id and address.",
        discussion: """
            The machine gets no peer map and reports no life any longer, so that the others drop it at the deadline. It must \
            register again with a valid join token. To keep a stolen machine out, revoke the token that it has, too, or \
            remove the machine, which makes all others drop it at once.

            EXAMPLES
              warren-coordinator machine revoke birch
            """)

    @Argument(help: ArgumentHelp("The machine's name or id.", valueName: "NAME|ID"))
    var machine: String

    @OptionGroup var data: DataOptions

    func run() async throws {
        let admin = try data.admin()
        let found = try await MachineChoice.find(machine, admin)
        try await admin.delete(AdminPath.credential(found.id))
        print("the credential of \(found.name) (\(found.id), \(found.meshAddress)) is revoked; it must join again with a token")
    }
}
