import Basics
import Testing

@testable import MessengerLogic

struct FrameTests {
    private func id() throws -> MessageID { try #require(MessageID("000102030405060708090a0b0c0d0e0f")) }

    @Test func everyKindHasItsBytes() throws {
        let id = try id()
        let goldens: [(Frame, UInt8, String)] = [
            (.hello(Hello(versions: [1], program: "p")), 1, #"{"program":"p","versions":[1]}"#),
            (.welcome(Welcome(version: 1, program: "p/q")), 2, #"{"program":"p/q","version":1}"#),
            (
                .refuse(Refusal(.unknownSender, "who?")), 5, #"{"code":"unknown-sender","detail":"who?"}"#
            ),
        ]
        for (frame, kind, body) in goldens {
            let raw = try frame.raw()
            #expect(raw.kind == kind)
            #expect(String(decoding: raw.body, as: UTF8.self) == body)
            #expect(try Frame(raw) == frame)
        }
        let message = Frame.message(id, try MessageText("hé"))
        #expect(try message.raw() == RawFrame(kind: 3, body: Array(0...15) + [0x68, 0xc3, 0xa9]))
        #expect(try Frame(message.raw()) == message)
        #expect(try Frame.ping(id).raw() == RawFrame(kind: 6, body: Array(0...15)))
        #expect(try Frame.pong(id).raw() == RawFrame(kind: 7, body: Array(0...15)))
        for frame in [Frame.ping(id), .pong(id)] { #expect(try Frame(frame.raw()) == frame) }
        #expect(try Frame.acknowledge(id).raw() == RawFrame(kind: 4, body: Array(0...15)))
        #expect(try Frame(Frame.acknowledge(id).raw()) == .acknowledge(id))
    }

    @Test func theLongestMessageFitsIntoAFrame() throws {
        let text = try MessageText(String(repeating: "\u{1}", count: 16_384))
        let raw = try Frame.message(.random(), text).raw()
        #expect(RawFrame.lengthRange.contains(raw.body.count + 2))
    }

    @Test(
        arguments: [
            (0, []), (9, [1]), (255, []),
        ] as [(UInt8, [UInt8])])
    func anUnknownKindIsNamed(kind: UInt8, body: [UInt8]) {
        #expect(throws: FrameError.unknownKind(kind)) { try Frame(RawFrame(kind: kind, body: body)) }
    }

    @Test func aMalformedBodyIsRefused() throws {
        let cases: [(UInt8, [UInt8])] = [
            // Acknowledgements of 15 and 17 bytes.
            (4, [UInt8](repeating: 0, count: 15)), (4, [UInt8](repeating: 0, count: 17)),
            // Messages: without a whole id, without text, with broken UTF-8, with U+0000, with a surrogate.
            (3, [1, 2, 3]), (3, [UInt8](repeating: 0, count: 16)),
            (3, [UInt8](repeating: 1, count: 16) + [0xff]), (3, [UInt8](repeating: 1, count: 16) + [0x61, 0]),
            (3, [UInt8](repeating: 1, count: 16) + [0xed, 0xa0, 0x80]),
            (3, [UInt8](repeating: 0x61, count: 16 + 16_385)),
            // JSON: none, another type, too long, none or too many versions.
            (1, []), (1, Array("[]".utf8)), (2, Array(#"{"version":"1","program":""}"#.utf8)),
            (1, Array(#"{"versions":[],"program":""}"#.utf8)),
            (1, Array(#"{"versions":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17],"program":""}"#.utf8)),
            (1, Array((#"{"versions":[1],"program":""# + String(repeating: "x", count: 4_096) + #""}"#).utf8)),
            (5, Array((#"{"code":"c","detail":""# + String(repeating: "x", count: 501) + #""}"#).utf8)),
        ]
        for (kind, body) in cases {
            let error = #expect(throws: FrameError.self) { try Frame(RawFrame(kind: kind, body: body)) }
            #expect(error?.code == "malformed-frame")
        }
    }
}

struct MessageTextTests {
    @Test func oneTo16384BytesAreAllowed() throws {
        #expect(try MessageText("a").string == "a")
        #expect(try MessageText(String(repeating: "a", count: 16_384)).string.utf8.count == 16_384)
        // 8,192 letters of two bytes.
        #expect(try MessageText(String(repeating: "é", count: 8_192)).string.count == 8_192)
    }

    @Test func anythingElseIsRefused() {
        for text in ["", String(repeating: "a", count: 16_385), String(repeating: "é", count: 8_193), "a\u{0}b"] {
            let error = #expect(throws: CodedError.self) { try MessageText(text) }
            #expect(error?.code == "bad-text")
        }
    }
}

struct MessageIDTests {
    @Test func anIDIs32HexadecimalDigits() throws {
        let id = MessageID.random()
        #expect(id.bytes.count == 16)
        #expect(MessageID(id.description) == id)
        #expect(MessageID.random() != id)
        for bad in [
            "", "00", String(repeating: "0", count: 31), String(repeating: "0", count: 34),
            "g" + String(repeating: "0", count: 31),
        ] {
            #expect(MessageID(bad) == nil)
        }
    }
}

struct TerminalTextTests {
    @Test func controlCharactersAreWrittenOut() {
        #expect(TerminalText.safe("plain ünïcode 漢字 🙂\tand\nlines") == "plain ünïcode 漢字 🙂\tand\nlines")
        #expect(TerminalText.safe("\u{1b}[2J\u{7}\r\u{9b}\u{7f}") == #"\u{1B}[2J\u{7}\u{D}\u{9B}\u{7F}"#)
        #expect(TerminalText.safe("a\u{202e}b\u{2066}c") == #"a\u{202E}b\u{2066}c"#)
    }
}
