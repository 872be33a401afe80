import Basics
import ControlProtocol
import Testing

struct JoinTokenTests {
    private let token = JoinToken(coordinator: "http://192.0.2.1:7400", id: "t1", secret: "s3cret")
    private let text = "warren1.eyJpZCI6InQxIiwic2VjcmV0IjoiczNjcmV0IiwidXJsIjoiaHR0cDovLzE5Mi4wLjIuMTo3NDAwIn0"

    @Test func theTextIsOneStringAndIsReadBack() throws {
        #expect(try token.text() == text)
        #expect(try JoinToken(parsing: text) == token)
        // As it comes out of a mail: wrapped and indented.
        #expect(try JoinToken(parsing: "  \(text.prefix(30))\r\n\t\(text.dropFirst(30))\n") == token)
    }

    @Test func laterFieldsAreIgnored() throws {
        let json = #"{"certificate":"x","id":"t1","secret":"s3cret","url":"http://192.0.2.1:7400"}"#
        #expect(try JoinToken(parsing: "warren1." + Base64URL.encode(Array(json.utf8))) == token)
    }

    @Test func anythingElseIsRefused() {
        func encoded(_ json: String) -> String { "warren1." + Base64URL.encode(Array(json.utf8)) }
        let wrong = [
            "", "warren1.", "warren2." + text.dropFirst(8), String(text.dropFirst(8)), String(text.dropLast(5)), text + "=",
            text + "!",
            encoded("[]"), encoded(#"{"id":"t1","secret":"s"}"#), encoded(#"{"id":"t1","secret":"s","url":"ftp://x"}"#),
            encoded(#"{"id":1,"secret":"s","url":"http://x"}"#), "warren1." + String(repeating: "A", count: 4_000),
        ]
        for text in wrong {
            let error = #expect(throws: CodedError.self, "\(text)") { try JoinToken(parsing: text) }
            #expect(error?.code == "bad-join-token")
        }
    }

    @Test func theSecretIsNeverPrinted() {
        #expect("\(token)" == "join token t1 for http://192.0.2.1:7400")
        #expect(!String(reflecting: token).contains("s3cret"))
        let damaged = #expect(throws: CodedError.self) { try JoinToken(parsing: String(text.dropLast(3))) }
        #expect(damaged.map { "\($0)" }?.contains("s3cret") == false)
    }
}
