import ArgumentParser
import Basics
import ScenarioModel

/// What the command line can change in scenarios.
struct ScenarioOptions: ParsableArguments {
    @Option(
        name: .customLong("set"), help: ArgumentHelp("Give a parameter of the scenarios another value.", valueName: "NAME=VALUE"))
    var settings: [String] = []

    @Option(help: "Where random choices start, instead of what the file says.")
    var seed: UInt64?

    /// The settings by name.
    ///
    /// - Throws: `usage` for one without a name, or with a name that stands twice.
    func values() throws(CodedError) -> [String: String] {
        var values: [String: String] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CodedError("usage", "--set \(setting): expected NAME=VALUE, such as --set bound=3s")
            }
            guard values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw CodedError("usage", "--set \(parts[0]) stands twice")
            }
        }
        return values
    }
}
