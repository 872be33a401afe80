/// The words of the scenario language: every object, its members, and what may stand in them.
enum Grammar {
    /// The most steps that one scenario may have, repetitions written out.
    static let stepLimit = 10_000
    static let parameterLimit = 100

    /// The whole file.
    static let scenario = ObjectShape(
        "a scenario",
        [
            .optional("$schema", .text(.schemaAddress), "Where an editor finds this schema."),
            .required("version", .integer(1...1, "a version"), "The version of the language."),
            .required("name", .text(.name), "Names the run's folder."),
            .optional("title", .text(.title), "One line for people."),
            .optional(
                "seed",
                .choice(Choice("a seed", text: .text(.seed), number: .integer(0...(1 << 53), "a seed"))),
                "Where random choices start; 1 if left out."),
            .optional(
                "parameters", .map(.name, .anything, limit: parameterLimit, "a map of parameters to their defaults"),
                "Values that \"${name}\" stands for in any other text of the file; the command line can set them."),
            .optional("labels", labels, "Words for choosing scenarios."),
            .optional("milestones", milestones, "The weeks of the project plan that the scenario shows."),
            .optional("coordinator", .object(coordinator), "What Warren's coordinator is told about liveness."),
            .optional("system", .named("system"), "What runs on the machines; Warren if left out."),
            .optional("network", .object(network), "The underlay."),
            .required("machines", .named("machines"), "The machines, without the coordinator's."),
            .optional(
                "invariants", .list(.named("invariant"), 0...1_000, "a list of invariants"),
                "What must hold from the first step to the last."),
            .required("steps", .list(.named("step"), 1...stepLimit, "a list of steps"), "Carried out one after the other."),
            .optional("recovery", .object(recovery), "What must come true once everything is healed, at the end."),
        ])

    /// Shapes that are used in several places, in the order of the schema.
    static let definitions: [(name: String, shape: Shape)] = [
        ("machines", machines), ("machine", machine), ("link", .object(link)), ("properties", .object(properties)),
        ("system", system), ("selector", selector), ("target", target), ("links", links), ("invariant", invariant),
        ("step", step), ("condition", condition),
    ]

    /// The shape of that name. A name that is not in the table accepts nothing: a test looks all of them up.
    static func definition(_ name: String) -> Shape { table[name] ?? .choice(Choice("nothing")) }

    private static let table = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0.shape) })

    // MARK: Parts

    static let labels = Shape.list(.text(.name), 0...100, "a list of labels")
    static let milestones = Shape.list(.integer(1...13, "a milestone"), 0...13, "a list of milestones")
    static let claims = Shape.list(.text(.id), 0...100, "a list of claims")
    static let command = Shape.list(.text(.argument), 1...100, "a command: a list of the program and its arguments")
    static let duration = Shape.text(.duration)
    static let selectorReference = Shape.named("selector")
    static let exitCode = Shape.integer(0...255, "an exit code")

    private static let coordinator = ObjectShape(
        "the coordinator's settings",
        [
            .optional("heartbeat-interval", duration, "How often machines report."),
            .optional("suspect-after", duration, "After so much silence a machine is suspect."),
            .optional("unresponsive-after", duration, "After so much silence a machine is dropped."),
            .optional("pool", .text(.pool), "Where mesh addresses come from."),
            .optional("address-quarantine", duration, "How long a released mesh address rests."),
        ])

    private static let recovery = ObjectShape(
        "a recovery",
        [
            .optional("within", duration, "How long it may take from the healing on; 20 s if left out."),
            .optional(
                "conditions", .list(.named("condition"), 0...100, "a list of conditions"),
                "What must come true; that every machine answers every other if left out."),
        ])

    private static let invariant = Shape.choice(
        Choice(
            "an invariant",
            objects: ["always", "never"].map { mode in
                ObjectShape(
                    "an invariant", key: mode, [.required(mode, .named("condition")), .optional("id", .text(.id))] + checkMembers
                )
                .atMostOne("milestone", "milestones")
            }))

    /// What every check may have.
    static let checkMembers: [MemberShape] = [
        .optional("title", .text(.title), "What this shows, for people."),
        .optional("claims", claims, "The statements of the documentation that it answers for."),
        .optional("milestones", milestones, "The weeks of the project plan that it answers for."),
        .optional("milestone", .integer(1...13, "a milestone"), "The same, if it is one."),
    ]
}
