/// What may stand at a place in a scenario file. The reader checks files against shapes, and the schema is printed from them: they are
/// the one definition of the language's words.
indirect enum Shape: Sendable {
    case text(TextKind)
    /// One of a few words; the noun is for messages: "signal".
    case word([String], String)
    /// A whole number; the noun is for messages: "a count".
    case integer(ClosedRange<Int>, String)
    case flag
    /// So many elements; the noun is for messages: "a list of steps".
    case list(Shape, ClosedRange<Int>, String)
    /// Members of any name of that kind; the noun is for messages: "a map of …".
    case map(TextKind, Shape, limit: Int, String)
    case choice(Choice)
    /// Anything but null.
    case anything
    /// A definition that is used in several places, or in itself.
    case named(String)

    static func object(_ object: ObjectShape) -> Shape {
        .choice(Choice(object.what, objects: [object]))
    }
}

/// Alternatives: one for each JSON type; objects are told apart by their keys.
struct Choice: Sendable {
    /// For messages: what belongs here.
    var what: String
    /// For messages about the objects among them, with its article: "a step".
    var name: String
    var text: Shape?
    var number: Shape?
    var flag: Shape?
    var list: Shape?
    let objects: [ObjectShape]
    /// The objects by their keys.
    let byKey: [String: ObjectShape]
    /// Every member name of any of the objects, each once, in their order.
    let names: [String]
    let nameSet: Set<String>

    init(
        _ what: String, name: String? = nil, text: Shape? = nil, number: Shape? = nil, flag: Shape? = nil, list: Shape? = nil,
        objects: [ObjectShape] = []
    ) {
        self.what = what
        self.name = name ?? String(what.prefix { $0 != ":" })
        self.text = text
        self.number = number
        self.flag = flag
        self.list = list
        self.objects = objects
        byKey = Dictionary(uniqueKeysWithValues: objects.compactMap { object in object.key.map { ($0, object) } })
        var known: Set<String> = []
        names = objects.flatMap(\.names).filter { known.insert($0).inserted }
        nameSet = known
    }
}

/// An object with fixed member names.
struct ObjectShape: Sendable {
    /// For messages, with its article: "a step".
    var what: String
    /// The member that tells it apart from the other objects of its choice; it is required.
    var key: String?
    var members: [MemberShape]
    /// Of each of these lists, exactly one member must be there.
    var exactlyOne: [[String]] = []
    /// One of these members must be there, or more.
    var atLeastOne: [String] = []
    /// Of each of these lists, one member at most may be there.
    var atMostOne: [[String]] = []

    init(_ what: String, key: String? = nil, _ members: [MemberShape]) {
        self.what = what
        self.key = key
        self.members = members
    }

    var names: [String] { members.map(\.name) }

    /// For messages about members that are missing.
    var label: String { key.map { "\(what) with \"\($0)\"" } ?? what }

    func exactlyOne(_ names: String...) -> ObjectShape {
        var copy = self
        copy.exactlyOne.append(names)
        return copy
    }

    func atLeastOne(_ names: [String]) -> ObjectShape {
        var copy = self
        copy.atLeastOne = names
        return copy
    }

    func atMostOne(_ names: String...) -> ObjectShape {
        var copy = self
        copy.atMostOne.append(names)
        return copy
    }
}

/// A member of an object.
struct MemberShape: Sendable {
    var name: String
    var shape: Shape
    var isRequired: Bool
    /// What it means, for the schema.
    var about: String?

    static func required(_ name: String, _ shape: Shape, _ about: String? = nil) -> MemberShape {
        MemberShape(name: name, shape: shape, isRequired: true, about: about)
    }

    static func optional(_ name: String, _ shape: Shape, _ about: String? = nil) -> MemberShape {
        MemberShape(name: name, shape: shape, isRequired: false, about: about)
    }
}
