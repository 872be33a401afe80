extension Grammar {
    /// Machines.
    static let selector = Shape.choice(selectors("machines: \"all\", a name, a list of names, or an object", []))

    /// Machines, or one service on them.
    static let target = Shape.choice(
        selectors(
            "machines or a service: \"all\", \"ash\", \"ash/agent\", a list of such names, or an object",
            [
                ObjectShape(
                    "a selector", key: "service",
                    [.required("service", .text(.name)), .required("on", selectorReference)])
            ]))

    /// Directed links written out: each element is a pair of selectors, from and to.
    static let links = Shape.list(
        .list(selectorReference, 2...2, "a pair of selectors: from, to"), 1...10_000, "a list of links")

    /// Machines, or objects of further kinds.
    static func selectors(_ what: String, name: String = "a selector", _ objects: [ObjectShape]) -> Choice {
        Choice(
            what, name: name, text: .text(.machines),
            list: .list(.text(.machines), 1...(Scenario.machineLimit + 1), "a list of machines"),
            objects: selectorObjects + objects)
    }

    private static let selectorObjects: [ObjectShape] = [
        ObjectShape("a selector", key: "except", [.required("except", selectorReference, "All machines but these.")]),
        ObjectShape("a selector", key: "label", [.required("label", .text(.name), "The machines with this label.")]),
        ObjectShape("a selector", key: "place", [.required("place", .text(.name), "The machines at this place.")]),
        random("one", [.required("one", selectorReference, "One of these, at random.")]),
        random("minority", [.required("minority", selectorReference, "The most of these that are less than half, at random.")]),
        random("majority", [.required("majority", selectorReference, "The fewest of these that are more than half, at random.")]),
        random(
            "percent",
            [
                .required("percent", .integer(1...100, "a percentage"), "So many in a hundred, at random; one at least."),
                .required("of", selectorReference),
            ]),
        random(
            "pick",
            [
                .required("pick", .integer(1...Scenario.machineLimit, "a count"), "So many, at random."),
                .required("of", selectorReference),
            ]),
    ]

    private static func random(_ key: String, _ members: [MemberShape]) -> ObjectShape {
        ObjectShape(
            "a selector", key: key,
            members + [.optional("as", .text(.name), "\"$\" and this name mean the same machines from here on.")])
    }
}
