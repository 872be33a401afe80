import NetworkModel

extension Grammar {
    /// How a partition can be said.
    static let partitionWords = ["groups", "isolate", "halves", "majority", "ring", "bridge", "one-way", "links"]

    private static let name = MemberShape.required("name", .text(.faultName), "For healing it.")
    private static let directions: [MemberShape] = [
        .required("from", selectorReference), .required("to", selectorReference),
    ]

    static let partition: ObjectShape = {
        var shape = ObjectShape(
            "a partition",
            [
                name,
                .optional(
                    "groups", .list(selectorReference, 2...1_000, "a list of groups of machines"), "Cut off from one another."),
                .optional("isolate", selectorReference, "These, as one group, from all other machines."),
                .optional("halves", selectorReference, "Two halves at random."),
                .optional("majority", selectorReference, "A majority from a minority, at random."),
                .optional("ring", selectorReference, "Each sees its two neighbours in the order of the file."),
                .optional("bridge", selectorReference, "Two halves at random, and one machine that sees both."),
                .optional(
                    "one-way", .object(ObjectShape("a one-way partition", directions)),
                    "Nothing gets through from these to those."),
                .optional("links", .named("links"), "Nothing gets through on these."),
                .optional("shape", .word(partitionWords, "shape of a partition"), "What made the groups or links; for reports."),
            ])
        shape.exactlyOne = [partitionWords]
        return shape
    }()

    static let block: Shape = {
        let traffic: [MemberShape] = [
            .required("protocol", .word(Traffic.Transport.allCases.map(\.rawValue), "protocol")),
            .optional("port", .integer(1...65_535, "a port"), "The destination's; all if left out."),
        ]
        return .choice(
            Choice(
                "a block",
                objects: [
                    ObjectShape("a block", key: "from", [name] + directions + traffic),
                    ObjectShape("a block", key: "links", [name, .required("links", .named("links"))] + traffic),
                ]))
    }()

    static let impair: Shape = {
        let words: [(String, [MemberShape])] = [
            ("from", directions), ("between", [.required("between", selectorReference, "Both ways among these.")]),
            ("links", [.required("links", .named("links"))]),
        ]
        return .choice(
            Choice(
                "an impairment",
                objects: words.map { key, members in
                    ObjectShape("an impairment", key: key, [name] + members + propertyMembers)
                        .atLeastOne(propertyMembers.map(\.name))
                }))
    }()
}
