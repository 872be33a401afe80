import ArgumentParser
import ScenarioModel

/// `lab schema`: the language of scenarios, for editors and other programs.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema of scenario files.",
        discussion: """
            Draft 2020-12. An editor that is told of it completes and checks scenarios while they are written:
            put { "$schema": "scenario.schema.json", … } into the file. It knows names, types and forms; lab validate knows the rest.

            EXAMPLES
              lab schema > scenario.schema.json
            """)

    func run() { print(ScenarioSchema.text, terminator: "") }
}
