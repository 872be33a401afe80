import Testing

/// The checker itself: it must catch what it is there for.
@Suite struct ImportRulesTests {
    private let table = LayerTable.warren

    @Test(arguments: [
        ("MeshModel", "CoordinatorCore", "higher layer"),
        ("Netlink", "AgentCore", "higher layer"),
        ("LabCore", "lab", "higher layer"),
        ("Basics", "MeshModel", "stands beside"),
        ("Netlink", "Observability", "stands beside"),
        ("AgentCore", "CoordinatorCore", "stands beside"),
        ("warren-agent", "lab", "stands beside"),
        ("LabCore", "CoordinatorLogic", "inside of"),
        ("LabCore", "AgentLogic", "inside of"),
        ("LabCore", "MessengerLogic", "inside of"),
        ("AgentCore", "CLinux", "C is for"),
        ("LabCore", "CLinux", "C is for"),
        ("Basics", "CLinux", "C is for"),
        ("AgentLogic", "Logging", "is pure"),
        ("ScenarioModel", "NIOCore", "is pure"),
        ("Surprise", "Basics", "no layer"),
    ])
    func isCaught(target: String, module: String, reason: String) throws {
        let found = table.violations(of: target, importing: ["FoundationEssentials", module])
        try #require(found.count == 1)
        #expect(found[0].contains(reason))
    }

    @Test(arguments: [
        ("Basics", "Glibc"), ("MeshModel", "Basics"), ("WireGuardControl", "LinuxProcess"), ("Netlink", "CNetlink"),
        ("AgentCore", "Netlink"), ("AgentCore", "AgentLogic"), ("AgentCore", "Hummingbird"), ("LabCore", "ScenarioModel"),
        ("lab", "LabCore"), ("lab", "Basics"), ("lab", "ArgumentParser"),
    ])
    func isAllowed(target: String, module: String) {
        #expect(table.violations(of: target, importing: [module]) == [])
    }

    @Test func everyFormOfImportIsRead() {
        let source = """
            import A
              import B  // indented
            @testable import C
            @_spi(Inside) public import D
            internal import struct E.Thing
            import func F.f
            @preconcurrency import G
            // import Comment
            let important = "import String"
            """
        #expect(ImportScanner.modules(in: source) == ["A", "B", "C", "D", "E", "F", "G"])
    }
}
