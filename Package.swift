// swift-tools-version: 6.2
// Warren: a WireGuard mesh VPN and the network lab that proves its claims.
//
// Targets are listed by layer, lowest first. A target may import targets of lower layers, and of its own
// layer only where that is listed here; `Tests/HouseTests` reads the import graph and fails on anything else.

import PackageDescription

/// Every warning in Warren's own code is an error; dependencies are not affected.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// One of Warren's own targets.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// One of Warren's programs.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + ["CommandSupport", argumentParser], swiftSettings: strict)
}

/// A test target.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

let package = Package(
    name: "warren",
    products: [
        .executable(name: "warren-coordinator", targets: ["warren-coordinator"]),
        .executable(name: "warren-agent", targets: ["warren-agent"]),
        .executable(name: "warren-messenger", targets: ["warren-messenger"]),
        .executable(name: "lab", targets: ["lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its traits, which would link all of Foundation: programs that start quickly need less.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C: what Swift cannot say. Imported by layer 1 alone.
        .target(name: "CLinux"),
        .systemLibrary(
            name: "CNetlink", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-genl-3-dev", "libnl-route-3-dev"])]),

        // Layer 0: pure. No I/O, no clock.
        room("Basics"),
        room("MeshModel", ["Basics"]),
        room("ControlProtocol", ["Basics", "MeshModel", crypto]),
        room("WireGuardModel", ["Basics", "MeshModel"]),
        room("CoordinatorLogic", ["Basics", "MeshModel"]),
        room("AgentLogic", ["Basics", "MeshModel", "WireGuardModel"]),
        room("MessengerLogic", ["Basics", "MeshModel", "ControlProtocol"]),
        room("ChatLogic", ["Basics", "MeshModel", "ControlProtocol", "MessengerLogic"]),
        room("NetworkModel", ["Basics", "MeshModel"]),
        room("PacketModel", ["Basics", "MeshModel"]),
        room("MilestoneModel", ["Basics"]),
        // The report's page is made of files in Page/, which become bytes of the program: the lab is one file.
        .target(
            name: "LabReport", dependencies: ["Basics", "MilestoneModel"], resources: [.embedInCode("Page")],
            swiftSettings: strict),
        room("ScenarioModel", ["Basics", "MeshModel", "ControlProtocol", "NetworkModel"]),

        // Layer 1: Linux, one concern each. Knows nothing of the mesh's policy.
        room("Timing", ["Basics"]),
        room("LinuxProcess", ["CLinux", "Basics", "Timing"]),
        room("Namespaces", ["CLinux", "LinuxProcess", "Basics"]),
        room("Netlink", ["CNetlink", "Basics", "MeshModel", "Timing"]),
        room("WireGuardControl", ["LinuxProcess", "Timing", "Netlink", "Basics", "MeshModel", "WireGuardModel"]),
        room("Observability", ["Basics", logging]),
        room("CommandSupport", ["Basics", argumentParser]),
        room("Terminal", ["Basics", "LinuxProcess"]),
        room("HTTPServing", [hummingbird, logging, nioCore]),
        room("LocalControl", ["Basics", "Timing", "ControlProtocol", asyncHTTPClient, nioCore]),
        room("TransportSecurity", ["Basics", "Timing", crypto, nioCore, nioPosix, nioSSL]),
        // Apart, because X.509 in Swift is large, and whoever only connects needs none of it.
        room("ServerIdentity", ["Basics", "TransportSecurity", crypto, nioSSL, swiftASN1, x509]),
        room(
            "LinkEmulation", ["CLinux", "Basics", "MeshModel", "NetworkModel", "Timing", "LinuxProcess", "Netlink"]),
        room("PacketCapture", ["CLinux", "Basics", "MeshModel", "PacketModel", "Timing", "LinuxProcess"]),
        room(
            "Fabric", ["CLinux", "Basics", "MeshModel", "NetworkModel", "Timing", "LinuxProcess", "Namespaces", "Netlink"]),

        // Layer 2: cores. They never import one another.
        // The descriptions of its APIs become bytes of the program.
        .target(
            name: "CoordinatorCore",
            dependencies: [
                "Basics", "MeshModel", "ControlProtocol", "CoordinatorLogic", "HTTPServing", "Observability", "ServerIdentity",
                "Timing",
                "TransportSecurity", crypto, grdb, hummingbird, hummingbirdTLS, lifecycle, logging, nioCore, nioHTTP1, nioSSL,
                nioTLS,
            ], resources: [.embedInCode("OpenAPI")], swiftSettings: strict),
        room(
            "AgentCore",
            [
                "Basics", "MeshModel", "ControlProtocol", "WireGuardModel", "AgentLogic", "LinuxProcess", "Timing", "Netlink",
                "WireGuardControl", "HTTPServing", "Observability", "TransportSecurity", asyncHTTPClient, crypto, hummingbird,
                logging, nioCore, nioSSL,
            ]),
        room(
            "MessengerCore",
            [
                "Basics", "MeshModel", "ControlProtocol", "MessengerLogic", "ChatLogic", "LocalControl", "Observability",
                "HTTPServing", "Terminal", "Timing", grdb, hummingbird,
                lifecycle, logging, nioCore, nioPosix,
            ]),
        room(
            "LabCore",
            [
                "Basics", "MeshModel", "ControlProtocol", "WireGuardModel", "ScenarioModel", "LinuxProcess", "Namespaces",
                "Timing", "Netlink", "NetworkModel", "PacketModel", "LabReport", "LinkEmulation", "PacketCapture", "Fabric",
                "WireGuardControl", "LocalControl", "Observability", logging,
            ]),

        // Layer 3: programs. Arguments, configuration, wiring.
        program(
            "warren-coordinator",
            [
                "CoordinatorCore", "ControlProtocol", "LocalControl", "Observability", "TransportSecurity", "Timing", "Basics",
                "MeshModel", asyncHTTPClient, lifecycle, logging, nioCore, nioSSL,
            ]),
        program(
            "warren-agent",
            [
                "AgentCore", "ControlProtocol", "LinuxProcess", "LocalControl", "Observability", "MeshModel", "Basics", lifecycle,
                logging, nioCore,
            ]),
        program(
            "warren-messenger",
            [
                "MessengerCore", "MessengerLogic", "ChatLogic", "ControlProtocol", "LocalControl", "Observability",
                "MeshModel", "Basics", "Terminal", "Timing",
                lifecycle, logging,
            ]),
        // Thousands of simulated machines against one coordinator, for `make bench`. Not installed.
        program(
            "warren-fleet",
            [
                "ControlProtocol", "MeshModel", "Timing", "Basics", crypto, hummingbird, hummingbirdTLS, logging, nioCore,
                nioHTTP1, nioPosix, nioSSL,
            ]),
        program(
            "lab",
            [
                "LabCore", "LabReport", "MilestoneModel", "ScenarioModel", "NetworkModel", "Fabric", "Namespaces", "LinuxProcess",
                "LocalControl", "Timing", "Basics",
            ]),

        // Tests.
        // What tests of several targets use.
        .target(
            name: "TestSupport", dependencies: ["ScenarioModel", "ServerIdentity", nioCore, nioPosix, nioSSL],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("HouseTests", []),
        tests("BasicsTests", ["Basics"]),
        tests("TimingTests", ["Basics", "Timing"]),
        tests(
            "TransportSecurityTests",
            ["Basics", "ServerIdentity", "Timing", "TransportSecurity", "TestSupport", nioCore, nioPosix, nioSSL]),
        tests("SystemTests", ["Basics", "LinuxProcess", "Timing", "LabCore", "LabReport"]),
        tests("LabCoreTests", ["Basics", "LabCore", "LabReport", "MeshModel", "NetworkModel", "ScenarioModel"]),
        tests("NetworkModelTests", ["Basics", "MeshModel", "NetworkModel"]),
        tests("PacketModelTests", ["Basics", "MeshModel", "PacketModel"]),
        tests("LabReportTests", ["Basics", "LabReport", "MilestoneModel"]),
        tests("MilestoneModelTests", ["Basics", "MilestoneModel"]),
        tests(
            "LinkEmulationTests",
            [
                "Basics", "MeshModel", "NetworkModel", "LinkEmulation", "Timing", "LinuxProcess", "Namespaces", "Netlink",
            ]),
        tests(
            "PacketCaptureTests",
            [
                "Basics", "MeshModel", "PacketModel", "PacketCapture", "Timing", "LinuxProcess", "Namespaces", "Netlink",
            ]),
        tests(
            "FabricTests",
            [
                "Basics", "MeshModel", "NetworkModel", "Fabric", "Timing", "LinuxProcess", "Namespaces", "Netlink",
            ]),
        tests("LinuxProcessTests", ["Basics", "LinuxProcess"]),
        tests("ScenarioModelTests", ["Basics", "NetworkModel", "ScenarioModel", "TestSupport"]),
        tests("MeshModelTests", ["Basics", "MeshModel", "ControlProtocol", crypto]),
        tests("WireGuardModelTests", ["Basics", "MeshModel", "WireGuardModel"]),
        tests(
            "WireGuardControlTests",
            [
                "Basics", "MeshModel", "WireGuardModel", "WireGuardControl", "LinuxProcess", "Namespaces", "Netlink", crypto,
            ]),
        tests("AgentLogicTests", ["Basics", "MeshModel", "WireGuardModel", "AgentLogic"]),
        tests(
            "AgentCoreTests",
            [
                "Basics", "Timing", "MeshModel", "ControlProtocol", "LinuxProcess", "WireGuardModel", "AgentLogic", "AgentCore",
                "TransportSecurity", "TestSupport", logging, nioCore, nioPosix, nioSSL,
            ]),
        tests("CoordinatorLogicTests", ["Basics", "MeshModel", "CoordinatorLogic"]),
        tests(
            "CoordinatorCoreTests",
            [
                "Basics", "MeshModel", "ControlProtocol", "LinuxProcess", "LocalControl", "Timing", "CoordinatorLogic",
                "CoordinatorCore", "HTTPServing", "TransportSecurity", "ScenarioModel", "TestSupport", "warren-coordinator",
                asyncHTTPClient, crypto, grdb, hummingbird, lifecycle, logging, nioCore, nioPosix, nioSSL,
            ], exclude: ["Malformed"]),
        tests("ObservabilityTests", ["Observability", logging]),
        tests("MessengerLogicTests", ["Basics", "MeshModel", "ControlProtocol", "MessengerLogic"]),
        tests("ChatLogicTests", ["Basics", "MeshModel", "ControlProtocol", "MessengerLogic", "ChatLogic"]),
        tests(
            "MessengerCoreTests",
            [
                "Basics", "MeshModel", "ControlProtocol", "LinuxProcess", "LocalControl", "Timing", "MessengerLogic",
                "MessengerCore", "TestSupport",
                "warren-messenger",
                hummingbird, logging, nioCore, nioEmbedded, nioPosix,
            ]),
    ]
)
