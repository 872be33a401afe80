import ArgumentParser
import Basics
import LabCore
import ScenarioModel

/// A scenario as it will be run.
struct PlannedRun: Sendable {
    var scenario: Scenario
    /// Whether it is one of several with the same scenario.
    var isRepeated: Bool

    /// `NAME`, or `NAME with seed N` among repetitions.
    var label: String { isRepeated ? "\(scenario.name) with seed \(scenario.seed)" : scenario.name }

    /// Reads the scenarios that words on the command line stand for.
    ///
    /// - Parameters:
    ///   - settings: `NAME=VALUE` each.
    ///   - filter: keeps only scenarios that match; nil: all.
    ///   - repetitions: how many runs each gets, with seeds that count up from the first.
    /// - Throws: the first thing that is wrong with any of them.
    static func plan(
        _ words: [String], seed: UInt64?, settings: [String], filter: String?, repetitions: Int
    ) throws -> [PlannedRun] {
        var values: [String: String] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CodedError("usage", "--set \(setting): expected NAME=VALUE, with a parameter of the scenario")
            }
            guard values[parts[0]] == nil else { throw CodedError("usage", "--set names \"\(parts[0])\" twice") }
            values[parts[0]] = parts[1]
        }
        var runs: [PlannedRun] = []
        var names: [String] = []
        for file in try words.flatMap({ try Catalogue.resolve($0) }) {
            let text = try ScenarioSource.read(file)
            let first = try Scenario(parsing: text, file: file, seed: seed, settings: values)
            names.append(first.name)
            guard filter.map(first.matches) ?? true else { continue }
            for number in 0..<repetitions {
                // The seed takes part in reading: it decides what selectors choose.
                let scenario =
                    number == 0
                    ? first : try Scenario(parsing: text, file: file, seed: first.seed &+ UInt64(number), settings: values)
                runs.append(PlannedRun(scenario: scenario, isRepeated: repetitions > 1))
            }
        }
        if let filter, runs.isEmpty {
            throw CodedError("filter", "no scenario matches --filter \(filter). There are: \(names.joined(separator: ", "))")
        }
        return runs
    }
}

extension Scenario {
    /// Whether its name, a label, a claim or a milestone is what `--filter` asks for: a part of a text, or a number.
    func matches(_ filter: String) -> Bool {
        let checks = (invariants + steps).compactMap { step in
            if case .check(let check) = step.kind { check } else { nil }
        }
        let numbers = Set(milestones + checks.flatMap(\.milestones))
        if let number = Int(filter), numbers.contains(number) { return true }
        let texts = [name] + labels + checks.flatMap(\.claims) + numbers.map { "milestone-\($0)" }
        return texts.contains { $0.lowercased().contains(filter.lowercased()) }
    }
}
