import Testing

@testable import WireGuardModel

@Suite struct PrivateKeyTests {
    @Test func clampsOnTheWayIn() throws {
        let ones = try #require(PrivateKey(bytes: [UInt8](repeating: 0xff, count: 32)))
        #expect(ones.bytes.first == 0xf8)
        #expect(ones.bytes.last == 0x7f)
        let zeros = try #require(PrivateKey(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(zeros.bytes.first == 0)
        #expect(zeros.bytes.last == 0x40)
        #expect(ones.bytes[1..<31].allSatisfy { $0 == 0xff })
    }

    @Test func refusesOtherLengths() {
        #expect(PrivateKey(bytes: []) == nil)
        #expect(PrivateKey(bytes: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(PrivateKey(base64: "AAAA") == nil)
        #expect(PrivateKey(hex: "zz") == nil)
    }

    @Test func textFormsRoundTrip() {
        let key = PrivateKey.random()
        #expect(PrivateKey(base64: key.base64) == key)
        #expect(PrivateKey(hex: key.hex) == key)
        #expect(PrivateKey.random() != key)
    }

    /// Neither by itself, nor inside another value, nor in a dump of everything.
    @Test func neverShowsItself() {
        let key = PrivateKey.random()
        var shown = "\(key) \(String(reflecting: key)) \(DeviceChange(privateKey: key)) \(WireGuardDevice(privateKey: key))"
        dump(WireGuardDevice(privateKey: key), to: &shown)
        dump(key, to: &shown)
        #expect(!shown.contains(key.hex))
        #expect(!shown.contains(key.base64))
        #expect(!shown.contains("\(key.bytes[5]), \(key.bytes[6])"))
        #expect(!shown.contains("bytes"))
    }
}
