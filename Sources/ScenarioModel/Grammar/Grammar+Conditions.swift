import ControlProtocol
import MeshModel

extension Grammar {
    static let condition = Shape.choice(Choice("a condition", objects: networkConditions + meshConditions + programConditions))

    private static func word(_ name: String, _ shape: Shape, _ about: String) -> ObjectShape {
        ObjectShape("a condition", key: name, [.required(name, shape, about)])
    }

    /// Pairs of machines: a selector, `from` and `to`, or `among`.
    private static func pairs(_ what: String, _ members: [MemberShape]) -> Shape {
        .choice(
            selectors(
                "\(what): machines, or an object with \"from\" and \"to\"", name: what,
                [
                    ObjectShape(
                        what, key: "from", [.required("from", selectorReference), .required("to", selectorReference)] + members),
                    ObjectShape(what, key: "among", [.required("among", selectorReference)] + members),
                ]))
    }

    private static func object(_ what: String, _ members: MemberShape...) -> ObjectShape { ObjectShape(what, members) }

    private static let of = MemberShape.required("of", .named("target"))
    private static let groupList = Shape.list(selectorReference, 1...1_000, "a list of groups of machines")

    private static let networkConditions = [
        word(
            "ping",
            pairs("a ping", [.optional("over", .word(Network.allCases.map(\.rawValue), "network"), "The mesh if left out.")]),
            "Each answers each other's echo."),
        word(
            "groups",
            .choice(
                Choice(
                    "groups: a list of groups of machines", list: groupList,
                    objects: [object("groups", .required("groups", groupList))])),
            "Inside a group everybody reaches everybody, across groups nobody does."),
        word(
            "untouched", .object(object("untouched", .optional("loss", .text(.share), "0% if left out."))),
            "No more than this share of probes is lost between machines that no fault has touched."),
        word(
            "wire",
            .choice(
                Choice(
                    "a wire",
                    objects: [
                        object(
                            "a wire", .required("is", .word(["encrypted", "clear-text", "direct"], "state of the wire")),
                            .optional(
                                "only", .list(.text(.traffic), 1...32, "a list of kinds of traffic"), "What else may be on it."))
                    ])), "What the capture of every underlay link holds."),
    ]

    private static let meshConditions = [
        word(
            "peer",
            .object(
                object(
                    "a peer", .required("of", selectorReference), .required("on", selectorReference),
                    .required("is", .word(["present", "absent"], "state of a peer")))),
            "The devices hold this peer, with its route."),
        word("peers-complete", selectorReference, "The devices hold exactly the members, with their routes."),
        word(
            "handshake",
            pairs("a handshake", [.optional("younger-than", duration, "3 m if left out.")]), "Each has a session with each other."
        ),
        word(
            "coordinator",
            .object(
                object(
                    "a coordinator's view", .required("sees", selectorReference),
                    .required("as", .word(Liveness.allCases.map(\.rawValue), "liveness")))),
            "The coordinator lists the machines so."),
        word(
            "truth",
            .object(
                object("a truth", .required("false-online", duration), .required("false-offline", duration))),
            "How long the coordinator's view was wrong, at most."),
        word(
            "identity",
            .object(
                object(
                    "an identity", .required("of", selectorReference),
                    .required("is", .word(["unchanged"], "state of an identity")))),
            "Id, key and mesh address are the first ones."),
        word(
            "addresses",
            .object(
                object(
                    "addresses", .required("of", selectorReference), .required("are", .word(["unique"], "state of addresses")))),
            "No two machines share a mesh address, and none changed."),
        word(
            "message",
            pairs(
                "a message",
                [
                    .optional("ends", .word(["delivered", "failed"], "end of a message"), "Delivered if left out."),
                    .optional(
                        "because",
                        .list(
                            .word(SendResult.Reason.allCases.map(\.rawValue), "reason"), 1...SendResult.Reason.allCases.count,
                            "a list of reasons"), "The reasons of a failure that count; any if left out."),
                    .optional("bound", duration, "The bound of the send; 5 s if left out."),
                ]), "A message from each to each other ends so."),
        word(
            "messages",
            .object(
                object(
                    "messages", .required("of", selectorReference),
                    .required("are", .word(["accounted-for"], "state of messages")),
                    .optional("at-least", .integer(1...10_000_000, "a count"), "So many were delivered; 1 if left out."))),
            "All messages of the run are where they belong."),
    ]

    private static let programConditions = [
        word(
            "service",
            .object(
                object(
                    "a service's state", of,
                    .required("is", .word(ServiceState.allCases.map(\.rawValue), "state of a service")))),
            "The service's process is so on each machine."),
        word(
            "memory", .object(object("a memory bound", of, .required("below", .text(.size)))),
            "Resident memory, on each machine."),
        word(
            "files", .object(object("a bound of open files", of, .required("below", .integer(1...1_000_000, "a count")))),
            "Open file descriptors, on each machine."),
        word(
            "log",
            .object(
                object(
                    "a look at a log", of,
                    .optional(
                        "where", .map(.field, fieldValue, limit: 20, "a map of fields to values"), "Fields that a line has."),
                    .optional("contains", .text(.excerpt), "Text that a line holds."),
                    .optional("since", .text(.id), "Only lines since this step began."),
                    .optional("at-least", .integer(0...1_000_000, "a count"), "1 if left out, 0 with at-most."),
                    .optional("at-most", .integer(0...1_000_000, "a count"))
                ).atLeastOne(["where", "contains"])), "So many lines of the service's log match, on each machine."),
        word(
            "command",
            .object(
                object(
                    "a command", .required("on", selectorReference), .required("run", command), .optional("exits", exitCode),
                    .optional("prints", .text(.excerpt), "Text that its output holds."),
                    .optional("within", duration, "5 s if left out."))), "A command on each machine ends so."),
    ]

    private static let fieldValue = Shape.choice(
        Choice(
            "the value of a field: a text, a whole number, true or false", text: .text(.fieldValue),
            number: .integer(-(1 << 53)...(1 << 53), "the value of a field"), flag: .flag))
}
