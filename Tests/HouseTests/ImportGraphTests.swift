import Foundation
import Testing

/// The real imports under `Sources` against the table of layers.
@Suite struct ImportGraphTests {
    private let table = LayerTable.warren

    @Test func everyImportGoesDown() throws {
        var found: [String] = []
        for target in try Repository.names(in: "Sources") {
            let imports = try Repository.files(below: "Sources/\(target)", extensions: ["swift"])
                .flatMap { ImportScanner.modules(in: try Repository.text($0)) }
            found += table.violations(of: target, importing: Set(imports).sorted())
        }
        #expect(found == [])
    }

    @Test func everyTargetOfTheTableExists() throws {
        #expect(try Set(table.layers.keys).subtracting(Repository.names(in: "Sources")) == [])
    }

    /// Imports beside one another have an order, so a circle could not be built anyway; this says so before a build does.
    @Test func nothingGoesInCircles() {
        var open = table.beside
        while let next = open.first(where: { $0.value.allSatisfy { open[$0] == nil } }) { open[next.key] = nil }
        #expect(open.isEmpty, "a circle among \(open.keys.sorted())")
    }

    @Test func importsAreFoundInRealSources() throws {
        let imports = try ImportScanner.modules(in: Repository.text("Sources/LocalControl/LocalControlClient.swift"))
        #expect(imports.contains("Basics") && imports.contains("ControlProtocol"))
    }
}
