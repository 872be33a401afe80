extension Grammar {
    static let step = Shape.choice(Choice("a step", objects: machineSteps + faultSteps + otherSteps + checkSteps))

    private static let targets = Shape.named("target")

    private static func action(_ verb: String, _ shape: Shape, _ about: String, _ members: [MemberShape] = []) -> ObjectShape {
        ObjectShape("a step", key: verb, [.required(verb, shape, about), .optional("id", .text(.id))] + members)
    }

    private static let machineSteps = [
        action("boot", selectorReference, "Switches machines on and starts nothing."),
        action("start", targets, "Boots what is off and starts what does not run."),
        action("join", targets, "The same as start."),
        action("kill", targets, "Sends a signal to a service.", [.optional("signal", signal, "KILL if left out.")]),
        action(
            "stop", targets, "Asks services to end, and kills after the grace.",
            [.optional("grace", duration, "5 s if left out.")]),
        action("restart", targets, "Machines: power off and boot. Services: stop and start."),
        action("crash", selectorReference, "Power off."),
        action("pause", targets, "Stops the processes of services, or of everything on a machine."),
        action("resume", targets, "Lets them go on."),
        action(
            "run", command, "Runs a command to its end.",
            [
                .required("on", selectorReference), .optional("within", duration, "10 s if left out."),
                .optional("exits", exitCode, "0 if left out."),
            ]),
    ]

    private static let faultSteps = [
        action("partition", .object(partition), "Nothing gets through between some machines."),
        action("block", block, "One kind of packet does not get through."),
        action("impair", impair, "Packets get through late, changed, or not all."),
        action("heal", .text(.faultName), "Ends the fault of that name, or \"all\"."),
        action("unplug", selectorReference, "Pulls the machines' cables."),
        action("plug", selectorReference, "Plugs them in again."),
        action(
            "flap", selectorReference, "Pulls the cables and plugs them in again, so many times.",
            [.required("down", duration), .required("up", duration), .required("times", .integer(1...1_000, "a count"))]),
        action(
            "mtu", selectorReference, "Sets the MTU of the machines' cables.",
            [.required("bytes", .integer(576...9_000, "an MTU"))]),
        action(
            "roam", selectorReference, "Gives the machines new underlay addresses.",
            [.optional("to", .text(.name), "A switch, a site or \"backbone\"; the same place if left out.")]),
        action(
            "nat", .text(.name), "Changes what a site's NAT does, or what it remembers.",
            [.optional("does", .word(["rebind", "flush"], "thing that a NAT does")), .optional("becomes", natKind)]
        ).exactlyOne("does", "becomes"),
        action(
            "disk", selectorReference, "Acts on the machines' state folders.",
            [.required("is", .word(DiskState.allCases.map(\.rawValue), "state of a disk"))]),
    ]

    private static let otherSteps = [
        ObjectShape(
            "a step", key: "mark",
            [
                .required("mark", .text(.id), "Ends the checks that run until this id."),
                .optional("title", .text(.title), "What begins here, for people: \"lab demo\" pauses and shows it."),
            ]),
        ObjectShape(
            "a step", key: "repeat",
            [
                .required("repeat", .integer(1...stepLimit, "a count"), "So many times."),
                .required("steps", .list(.named("step"), 1...stepLimit, "a list of steps")),
            ]),
    ]

    private static func check(_ mode: String, _ about: String, _ members: [MemberShape]) -> ObjectShape {
        action(mode, .named("condition"), about, members + checkMembers).atMostOne("milestone", "milestones")
    }

    private static let since = MemberShape.optional(
        "since", .text(.id), "The time counts from this earlier step; from this step if left out.")
    private static let lasting: [MemberShape] = [
        .optional("for", duration), .optional("until", .text(.id), "A later mark, or \"end\"."),
    ]

    private static let checkSteps = [
        check("eventually", "Comes true within the bound.", [.required("within", duration), since]),
        check(
            "stays", "Comes true within the bound, and then holds for a time.",
            [.required("for", duration), .optional("within", duration, "1 s if left out."), since]),
        check("never", "Is false at every look.", lasting).exactlyOne("for", "until"),
        check("always", "Is true at every look.", lasting).exactlyOne("for", "until"),
    ]
}
