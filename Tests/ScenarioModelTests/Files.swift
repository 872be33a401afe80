import Foundation

@testable import ScenarioModel

/// Files of the project, by paths from its top folder.
enum Files {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The files of a folder that end so, sorted, by their paths from the top folder.
    static func names(in folder: String, ending: String) -> [String] {
        let path = root.appending(path: folder).path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(ending) }.sorted().map { "\(folder)/\($0)" }
    }
}

/// A scenario of three machines with these members and steps.
func scenarioText(_ steps: String, more: String = "", machines: String = #"["ash", "birch", "cedar"]"#) -> String {
    """
    {"version": 1, "name": "x", \(more)
    "machines": \(machines), "steps": [
    \(steps)
    ]}
    """
}

func read(_ text: String, seed: UInt64? = nil, settings: [String: String] = [:]) throws -> Scenario {
    try Scenario(parsing: text, file: "x.json", seed: seed, settings: settings)
}

/// What is wrong with a text.
func message(_ text: String, settings: [String: String] = [:]) -> String {
    do {
        _ = try read(text, settings: settings)
        return "no error"
    } catch {
        return "\(error)"
    }
}

extension Scenario {
    /// The same with every position at the start of the file.
    var withoutPositions: Scenario {
        var copy = self
        for index in copy.steps.indices { copy.steps[index].position = SourcePosition(line: 1, column: 1) }
        for index in copy.invariants.indices { copy.invariants[index].position = SourcePosition(line: 1, column: 1) }
        return copy
    }

    var actions: [Action] {
        steps.compactMap { if case .action(let action) = $0.kind { action } else { nil } }
    }

    var conditions: [Condition] {
        steps.compactMap { if case .check(let check) = $0.kind { check.condition } else { nil } }
    }
}
