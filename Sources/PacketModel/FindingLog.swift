import MeshModel

/// A frame in which something was seen.
public struct Sighting: Sendable, Hashable, Codable {
    /// What was seen.
    public var what: String
    /// The link's name.
    public var link: String
    /// Whose link it is, nil for one between switches or to a router.
    public var machine: String?
    /// Entering: from the machine into the network.
    public var direction: Pcapng.Direction
    /// Nanoseconds since 1970.
    public var time: Int64
    /// The frame's number in the capture file, from 1.
    public var frame: UInt64
}

/// What was found of one sort: how often, and the first of them.
struct Findings: Sendable {
    /// How many examples and different texts are kept.
    static let mostSightings = 10
    static let mostTexts = 10_000

    var count: UInt64 = 0
    var sightings: [Sighting] = []
    var texts: Set<String> = []
    var links: Set<String> = []

    mutating func add(_ what: String, text: String, _ sighting: Sighting) {
        count += 1
        if texts.count < Self.mostTexts { texts.insert(text) }
        if links.count < Self.mostTexts { links.insert(sighting.link) }
        guard sightings.count < Self.mostSightings else { return }
        var example = sighting
        example.what = what
        sightings.append(example)
    }
}

/// Everything that was found.
struct FindingLog: Sendable {
    var canaries = Findings()
    var meshAddresses = Findings()
    var names = Findings()
    var detours = Findings()
    var unexpected = Findings()
    /// How often each kind of unexpected packet was seen.
    var kinds: [String: UInt64] = [:]

    static let mostKinds = 256

    mutating func clearText(_ hit: ClearTextSearch.Hit, _ sighting: Sighting, _ note: inout WireJudge.Note) {
        let what: String
        switch hit.kind {
        case .canary:
            what = "canary \(hit.text)"
            canaries.add(what, text: hit.text, sighting)
        case .meshAddress:
            what = "mesh address \(hit.text) as text"
            meshAddresses.add(what, text: hit.text, sighting)
        case .name:
            what = "name \(hit.text)"
            names.add(what, text: hit.text, sighting)
        }
        note.add("\(what) in the clear")
    }

    mutating func header(_ address: IPAddress, _ label: String, _ sighting: Sighting, _ note: inout WireJudge.Note) {
        let what = "mesh address \(address) in a header (\(label))"
        meshAddresses.add(what, text: address.description, sighting)
        note.add("\(what) in the clear")
    }

    mutating func unexpected(_ label: String, _ sighting: Sighting, _ note: inout WireJudge.Note) {
        unexpected.add(label, text: label, sighting)
        if kinds.count < Self.mostKinds || kinds[label] != nil { kinds[label, default: 0] += 1 }
        note.add("unexpected: \(label)")
    }

    mutating func detour(_ what: String, _ sighting: Sighting, _ note: inout WireJudge.Note) {
        detours.add(what, text: what, sighting)
        note.add(what)
    }
}

extension WireJudge.Note {
    mutating func add(_ text: String) {
        finding = finding.map { "\($0); \(text)" } ?? text
    }
}
