import AsyncHTTPClient
import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct ProblemTests {
    @Test func everyErrorIsAProblemDocument() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let missing = try await client.send("GET", "/v1/nonsense")
            #expect(try missing.status == 404 && missing.problem() == "not-found")
            let method = try await client.send("PUT", APIPath.machines)
            #expect(
                try method.status == 405 && method.problem() == "method-not-allowed" && method.headers["allow"] == "GET, POST")
            #expect(try await client.send("GET", "/v1/machines/m-1/heartbeat").headers["allow"] == "POST")
            let large = try await client.send(
                "POST", APIPath.machines, bearer: "x", body: String(repeating: " ", count: 64 << 10) + "{}")
            #expect(try large.status == 413 && large.problem() == "body-too-large")
        }
    }

    @Test func badBodiesAreRefusedWithTheFieldNamed() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let publicKey = try key(1).base64
            let many = (1...17).map { "\"192.0.2.1:\($0)\"" }.joined(separator: ",")
            let start = "{\"name\":\"a\",\"publicKey\":\"\(publicKey)\","
            let proof = "\"proof\":{\"challenge\":\"c\",\"mac\":\"m\"}"
            let instance = "\"instance\":\"0123456789abcdef\""
            let long = String(repeating: "c", count: 257)
            let cases = [
                ("", "JSON"), ("[]", "JSON"), ("{\"name\":\"a\"}", "publicKey"),
                ("{\"name\":\"A b\",\"publicKey\":\"\(publicKey)\",\"endpoints\":[]}", "name"),
                ("{\"name\":\"a\",\"publicKey\":\"short\",\"endpoints\":[]}", "publicKey"),
                (
                    "{\"name\":\"a\",\"publicKey\":\"\(publicKey)\",\"endpoints\":[\"192.0.2.1:1\",\"192.0.2.1:0\"]}",
                    "endpoints[1]"
                ),
                ("\(start)\"endpoints\":[]}", "the field proof is missing"),
                ("\(start)\"endpoints\":[],\(proof)}", "the field instance is missing"),
                ("\(start)\"endpoints\":[],\(proof),\"instance\":\"ABCDEF0123456789\"}", "the field instance: expected 16"),
                (
                    "\(start)\"endpoints\":[],\(instance),\"proof\":{\"challenge\":\"\(long)\",\"mac\":\"\"}}",
                    "a challenge of at most 256"
                ),
                ("\(start)\"endpoints\":[\(many)],\(proof),\(instance)}", "found 17, expected at most 16"),
            ]
            for (body, expected) in cases {
                let answer = try await client.send("POST", APIPath.machines, bearer: token.secret, body: body)
                #expect(try answer.status == 400 && answer.problem() == "bad-request")
                let detail = try answer.decode(Problem.self).detail
                #expect(detail.contains(expected), "\(body.prefix(60)): \(detail)")
            }
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let heartbeat = try await client.send(
                "POST", APIPath.heartbeat(one.id), bearer: one.credential,
                body: "{\"endpoints\":[],\"applied\":{\"epoch\":\"\(String(repeating: "e", count: 65))\",\"revision\":1}}")
            #expect(try heartbeat.status == 400 && heartbeat.decode(Problem.self).detail.contains("applied.epoch"))
            for query in ["epoch=e&revision=-1", "epoch=e", "revision=x", "revision=1"] {
                let stream = try await client.send("GET", APIPath.peerStream + "?" + query, bearer: one.credential)
                #expect(try stream.status == 400 && stream.problem() == "bad-request", "\(query)")
            }
        }
    }

    @Test func machinesMayActForThemselvesOnly() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            for (method, path) in [("DELETE", APIPath.machine(two.id)), ("POST", APIPath.heartbeat(two.id))] {
                let answer = try await client.send(method, path, bearer: one.credential, body: "{\"endpoints\":[]}")
                #expect(try answer.status == 403 && answer.problem() == "forbidden")
            }
            for path in [APIPath.machines, APIPath.peerStream] {
                #expect(try await client.send("GET", path).problem() == "credential-missing")
                #expect(try await client.send("GET", path, bearer: token.secret).problem() == "credential-invalid")
                let forged = Credential(machine: one.id, secret: Credential.newSecret()).text
                #expect(try await client.send("GET", path, bearer: forged).problem() == "credential-invalid")
            }
            let list = try await client.send("GET", APIPath.machines, bearer: one.credential).decode(MachineEntryList.self)
            #expect(list.machines.map(\.name.text) == ["a", "b"] && list.position.revision == 2)
            let stranger = Credential.random(for: .random())
            let lost = try await client.send(
                "POST", APIPath.heartbeat(stranger.machine), bearer: stranger.text, body: "{\"endpoints\":[]}")
            #expect(try lost.status == 401 && lost.problem() == "credential-invalid", "so that the agent registers again")
        }
    }

    @Test func healthNeedsNoCredential() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let health = try await client.send("GET", APIPath.health).decode(Health.self)
            #expect(health.status == "ok" && health.machines == 0 && health.uptimeSeconds >= 0)
        }
    }
}
