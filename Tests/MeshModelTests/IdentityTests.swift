import MeshModel
import Testing

struct PublicKeyTests {
    private let text = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="

    @Test func itsFormsMeanTheSame() throws {
        let key = try #require(PublicKey(base64: text))
        #expect(key.bytes.count == 32)
        #expect(key.base64 == text)
        #expect(key.description == text)
        #expect(PublicKey(hex: key.hex) == key)
        #expect(PublicKey(hex: key.hex.uppercased()) == key)
        #expect(PublicKey(bytes: key.bytes) == key)
    }

    @Test func anythingElseIsRefused() {
        let wrong = [
            "", String(text.dropLast()), text + "=", text + "\n", " " + text.dropFirst(), text.replacing("9", with: "-"),
            String(repeating: "A", count: 44), String(repeating: "=", count: 44),
            // The same key, but bits that the last digit has to spare are set: not the text that wg writes.
            String(text.dropLast(2)) + "x=",
        ]
        for text in wrong { #expect(PublicKey(base64: text) == nil, "\(text)") }
        for count in [0, 31, 33] { #expect(PublicKey(bytes: [UInt8](repeating: 0, count: count)) == nil) }
        for hex in [
            "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 66), String(repeating: "g", count: 64),
        ] {
            #expect(PublicKey(hex: hex) == nil)
        }
    }

    @Test func theLowerKeyIsTheOneWithTheLowerBytes() throws {
        let low = try #require(PublicKey(bytes: [0] + [UInt8](repeating: 255, count: 31)))
        let high = try #require(PublicKey(bytes: [1] + [UInt8](repeating: 0, count: 31)))
        #expect(low < high)
        #expect(!(high < low))
    }
}

struct MachineIDTests {
    @Test func aRandomIDIsReadBack() {
        let id = MachineID.random()
        #expect(MachineID(id.text) == id)
        #expect(MachineID.random() != id)
    }

    @Test(arguments: [
        "", "m-", "m-000000000000000", "m-00000000000000000", "n-0000000000000000", "m-000000000000000G", "m-000000000000000A",
        "M-0000000000000000", "m_0000000000000000", "0000000000000000", " m-0000000000000000", "m-0000000000000000\n",
        "m-٠٠٠٠٠٠٠٠",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(MachineID(text) == nil)
    }
}

struct MachineNameTests {
    @Test func hostLabelsAreAllowed() {
        for name in ["a", "0", "birch", "node-17", "a--b", String(repeating: "a", count: 63)] {
            #expect(MachineName(name)?.text == name)
        }
    }

    @Test func anythingElseIsRefused() {
        let wrong = [
            "", "-", "-a", "a-", "A", "Birch", "a b", "a.b", "a_b", "ä", "a\u{301}", "a\n", "a\u{0}", "бук", "🌳",
            String(repeating: "a", count: 64),
        ]
        for name in wrong { #expect(MachineName(name) == nil, "\(name)") }
    }
}
