import Basics
import Testing

struct HexTests {
    @Test func bytesAreTwoDigitsEach() {
        #expect(Hex.encode([0x00, 0x0f, 0xa5, 0xff]) == "000fa5ff")
        #expect(Hex.decode("000fA5Ff") == [0x00, 0x0f, 0xa5, 0xff])
        #expect(Hex.decode("") == [])
    }

    @Test(arguments: ["0", "000", "0g", "0x", " 00", "00 ", "٠٠", "0\r\n0"])
    func anythingElseIsRefused(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}

struct Base64URLTests {
    @Test func theVectorsOfTheStandardHold() {
        // RFC 4648, section 10, without padding.
        for (plain, encoded) in [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
            #expect(Base64URL.decode(encoded) == Array(plain.utf8))
        }
        #expect(Base64URL.encode([0xfb, 0xff, 0xfe]) == "-__-")
        #expect(Base64URL.decode("-__-") == [0xfb, 0xff, 0xfe])
    }

    @Test(arguments: ["+__-", "-//-", "Zg==", "Z", "Zm9v Yg", "Zm9v\n", "ä"])
    func anythingElseIsRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}

struct RandomBytesTests {
    @Test func asManyAsAskedForAndNeverTheSame() {
        #expect(RandomBytes.make(32).count == 32)
        #expect(RandomBytes.make(32) != RandomBytes.make(32))
        #expect(RandomBytes.hex(8).utf8.count == 16)
    }
}
