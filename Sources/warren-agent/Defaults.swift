import AgentCore
import ArgumentParser
import CommandSupport

/// `warren-agent defaults`
struct Defaults: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the defaults and bounds that this build goes by.",
        discussion: """
            Timeouts, ports, rates and limits: what the documents state is held against this (lab milestones).

            EXAMPLES
              warren-agent defaults
              warren-agent defaults --json | jq '.[] | select(.kind == "duration")'
            """)

    @Flag(help: "Print one line of JSON: an array of name, kind, amount (milliseconds, bytes or a number), text, meaning.")
    var json = false

    func run() throws { try Console.printDefaults(AgentDefaults.all, json: json) }
}
