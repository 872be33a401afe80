import NetworkModel

extension Grammar {
    static let network = ObjectShape(
        "a network",
        [
            .optional("families", .word(Topology.Families.allCases.map(\.rawValue), "choice of address families")),
            .optional("mtu", .integer(576...9_000, "an MTU"), "Bytes, of the whole underlay; 1500 if left out."),
            .optional(
                "switches", .list(switchShape, 0...64, "a list of switches"), "Further switches of the backbone's segment."),
            .optional("sites", .list(site, 0...16, "a list of sites"), "Segments of their own, each behind a router."),
        ])

    static let machines = Shape.choice(
        Choice(
            "machines: a list of names and objects, or an object with \"count\" and \"name\"",
            list: .list(.named("machine"), 1...Scenario.machineLimit, "a list of machines"), objects: [machineObject]))

    static let machine = Shape.choice(Choice("a machine: a name or an object", text: .text(.name), objects: [machineObject]))

    private static let machineObject = ObjectShape(
        "a machine",
        [
            .required("name", .text(.name)),
            .optional(
                "count", .integer(1...Scenario.machineLimit, "a count"),
                "So many machines, each named by this name and its number."),
            .optional("labels", labels, "Words for choosing machines."),
            .optional("place", .text(.name), "A switch or a site; the backbone if left out."),
            .optional("link", .named("link"), "What the machine's cable does."),
        ])

    private static let switchShape = Shape.choice(
        Choice(
            "a switch: a name or an object", text: .text(.name),
            objects: [ObjectShape("a switch", [.required("name", .text(.name)), .optional("link", .named("link"))])]))

    private static let kinds = NATPlan.Kind.allCases.map(\.rawValue)
    static let natKind = Shape.word(kinds, "kind of NAT")

    private static let site = Shape.choice(
        Choice(
            "a site: a name or an object", text: .text(.name),
            objects: [
                ObjectShape(
                    "a site",
                    [
                        .required("name", .text(.name)),
                        .optional(
                            "nat",
                            .choice(
                                Choice(
                                    "a NAT: \(ObjectReader.list(kinds)), or an object", text: natKind,
                                    objects: [
                                        ObjectShape(
                                            "a NAT", [.required("kind", natKind), .optional("mapping-timeout", duration)])
                                    ])), "What its router translates; nothing if left out."),
                        .optional("link", .named("link"), "What the router's cable to the backbone does."),
                    ])
            ]))

    static let link = ObjectShape(
        "a link",
        [
            .optional("up", .named("properties"), "From the machine or site to the network."),
            .optional("down", .named("properties"), "From the network to the machine or site."),
        ])

    /// What a link can do to packets.
    static let propertyMembers: [MemberShape] = [
        .optional("delay", duration, "Added to every packet's way, 60 s at most."),
        .optional("jitter", duration, "The delay varies by so much in both directions; not more than the delay."),
        .optional("loss", .text(.share), "The share of packets that vanish."),
        .optional("duplicate", .text(.share), "The share of packets that arrive twice."),
        .optional("reorder", .text(.share), "The share of packets that overtake those before them; needs a delay."),
        .optional("corrupt", .text(.share), "The share of packets in which one bit flips."),
        .optional("rate", .text(.rate), "Bits per second, 1kbit to 100gbit."),
    ]

    static let properties = ObjectShape("link properties", propertyMembers)

    // MARK: System

    static let system = Shape.choice(
        Choice(
            "a system: \"warren\", or an object with \"services\"", text: .word(["warren"], "system"),
            objects: [
                ObjectShape(
                    "a system",
                    [
                        .optional(
                            "mesh",
                            .object(
                                ObjectShape(
                                    "a mesh",
                                    [
                                        .optional(
                                            "address", .text(.address), "A template for a machine's address in the overlay."),
                                        .optional("interface", .text(.interface), "The overlay's interface on every machine."),
                                    ]
                                ).atLeastOne(["address", "interface"]))),
                        .required(
                            "services", .list(.object(service), 1...32, "a list of services"), "In the order in which they start."
                        ),
                    ])
            ]))

    private static let service = ObjectShape(
        "a service",
        [
            .required("name", .text(.name)),
            .optional("on", selectorReference, "The machines that have it; all if left out."),
            .required("command", command),
            .optional("environment", .map(.variable, .text(.argument), limit: 100, "a map of environment variables")),
            .optional(
                "files", .map(.path, .text(.contents), limit: 100, "a map of paths to the texts of files"),
                "Written before each start."),
            .optional(
                "prepare", .list(command, 0...100, "a list of commands"),
                "Run on the machine before the service's first start there."),
            .optional("stop-signal", signal, "The signal that asks it to end; TERM if left out."),
            .optional("stop-within", duration, "How long it may take to end; 5 s if left out."),
            .optional("good-codes", .list(exitCode, 1...16, "a list of exit codes"), "Exit codes of a good end; 0 if left out."),
        ])

    static let signal = Shape.word(StepSignal.numbers.keys.sorted(), "signal")
}
