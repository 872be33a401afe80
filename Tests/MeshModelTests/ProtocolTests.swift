import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

/// The JSON of the API, letter by letter: changing it breaks programs of other versions.
struct ProtocolTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func decode<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    private func birch() throws -> Peer {
        Peer(
            id: try #require(MachineID("m-0123456789abcdef")), name: try #require(MachineName("birch")),
            publicKey: try #require(PublicKey(base64: "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=")),
            meshAddress: .v4(0x6440_0002),
            endpoints: [try #require(Endpoint("192.0.2.1:51820")), try #require(Endpoint("[2001:db8::1]:51820"))],
            liveness: .alive)
    }

    private let birchJSON = """
        {"endpoints":["192.0.2.1:51820","[2001:db8::1]:51820"],"id":"m-0123456789abcdef","liveness":"alive",\
        "meshAddress":"100.64.0.2","name":"birch","publicKey":"HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="}
        """

    @Test func linesOfTheStreamHaveTheirForm() throws {
        let position = PeerMapPosition(epoch: "e1", revision: 18_446_744_073_709_551_615)
        let revision = #""epoch":"e1""#
        let number = #""revision":18446744073709551615"#
        let goldens: [(PeerMapUpdate, String)] = [
            (.snapshot(position, [try birch()]), "{\(revision),\"peers\":[\(birchJSON)],\(number),\"type\":\"snapshot\"}"),
            (.snapshot(position, []), "{\(revision),\"peers\":[],\(number),\"type\":\"snapshot\"}"),
            (
                .delta(position, upserts: [try birch()], removals: [try birch().id]),
                "{\(revision),\"removals\":[\"m-0123456789abcdef\"],\(number),\"type\":\"delta\",\"upserts\":[\(birchJSON)]}"
            ),
            (.keepalive(position), "{\(revision),\(number),\"type\":\"keepalive\"}"),
            (.unchanged(position, suspects: []), "{\(revision),\(number),\"suspects\":[],\"type\":\"unchanged\"}"),
        ]
        for (update, text) in goldens {
            #expect(try json(StreamLine.update(update)) == text)
            #expect(try decode(text, as: StreamLine.self) == .update(update))
        }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"type":"keepalive"}"#, #"{"type":"keepalive","epoch":"e"}"#,
        #"{"type":"keepalive","epoch":"e","revision":-1}"#,
        // Empty is never "unchanged": a snapshot says that it is empty.
        #"{"type":"snapshot","epoch":"e","revision":1}"#, #"{"type":"delta","epoch":"e","revision":1,"upserts":[]}"#,
        #"{"type":"delta","epoch":"e","revision":1,"upserts":[],"removals":["birch"]}"#,
    ])
    func aDamagedLineIsRefused(text: String) {
        #expect(throws: (any Error).self) { try decode(text, as: StreamLine.self) }
    }

    @Test func linesBesidesTheMapHaveTheirForm() throws {
        let id = try birch().id
        let goldens: [(StreamLine, String)] = [
            (
                .probe(ProbeRequest(machine: id, request: 7, withinMilliseconds: 900)),
                #"{"machine":"m-0123456789abcdef","request":7,"type":"probe","withinMilliseconds":900}"#
            ),
            (.reconnect(afterMilliseconds: 250), #"{"afterMilliseconds":250,"type":"reconnect"}"#),
        ]
        for (line, text) in goldens {
            #expect(try json(line) == text)
            #expect(try decode(text, as: StreamLine.self) == line)
        }
        // A newer coordinator may say more; that is passed over.
        #expect(try decode(#"{"type":"other","x":1}"#, as: StreamLine.self) == .unknown(type: "other"))
    }

    @Test func aWrongValueIsNamedInTheError() {
        let wrong = birchJSON.replacing("100.64.0.2", with: "100.64.0")
        let error = #expect(throws: DecodingError.self) { try decode(wrong, as: Peer.self) }
        #expect(error.map { "\($0)" }?.contains("found \"100.64.0\", expected an IPv4 or IPv6 address") == true)
    }

    @Test func theMessengersTypesHaveTheirForm() throws {
        let name = try #require(MachineName("birch"))
        #expect(
            try json(SendRequest(to: name, text: "hi", timeoutMilliseconds: 5_000))
                == #"{"text":"hi","timeoutMilliseconds":5000,"to":"birch"}"#)
        #expect(
            try json(SendResult(id: "00", outcome: .failed, reason: .timedOut, detail: "d", milliseconds: 1.5))
                == #"{"detail":"d","id":"00","milliseconds":1.5,"outcome":"failed","reason":"timed-out"}"#)
        #expect(
            try json(SendResult(id: "00", outcome: .delivered, reason: nil, detail: "d", milliseconds: 1))
                == #"{"detail":"d","id":"00","milliseconds":1,"outcome":"delivered"}"#)
        #expect(
            try json(InboxMessage(id: "00", sequence: 7, from: name, text: "hi", receivedAt: "2026-01-02T03:04:05.678Z"))
                == #"{"from":"birch","id":"00","receivedAt":"2026-01-02T03:04:05.678Z","sequence":7,"text":"hi"}"#)
        #expect(
            SendResult.Reason.allCases.map(\.rawValue)
                == [
                    "unknown-name", "not-reachable", "refused", "timed-out", "not-a-member", "protocol-error", "expired",
                    "receiver-full", "line-full", "interrupted",
                ])
    }

    @Test func aProblemHasItsForm() throws {
        #expect(
            try json(Problem(status: 409, code: "name-taken", detail: "d"))
                == #"{"detail":"d","status":409,"title":"name-taken","type":"urn:warren:problem:name-taken"}"#)
    }

    @Test func routesHaveTheirNames() throws {
        let id = try birch().id
        #expect(APIPath.machine(id) == "/v1/machines/m-0123456789abcdef")
        #expect(APIPath.heartbeat(id) == "/v1/machines/m-0123456789abcdef/heartbeat")
        #expect(MessengerControl.socketName == "messenger.sock")
    }
}
