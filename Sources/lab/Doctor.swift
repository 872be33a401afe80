import ArgumentParser

/// Placeholder.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say what this kernel and user can do.")
    func run() throws {}
}
