import MeshModel
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("100.64.0.1", IPAddress.v4(0x6440_0001)), ("0.0.0.0", .v4(0)), ("255.255.255.255", .v4(.max)), ("::", .v6(0, 0)),
        ("::1", .v6(0, 1)), ("2001:db8::a:0:1", .v6(0x2001_0db8_0000_0000, 0x0000_000a_0000_0001)),
        ("fd00:1:2:3:4:5:6:7", .v6(0xfd00_0001_0002_0003, 0x0004_0005_0006_0007)),
    ])
    func theUsualFormsAreReadAndPrinted(text: String, address: IPAddress) {
        #expect(IPAddress(text) == address)
        #expect(address.description == text)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test func otherFormsOfTheSameAddressAreRead() {
        #expect(IPAddress("2001:DB8:0:0:0:0:0:1") == IPAddress("2001:db8::1"))
        #expect(IPAddress("::ffff:192.0.2.1") == .v6(0, 0xffff_c000_0201))
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "1.2.3.4:80",
        "0x1.2.3.4",
        "[::1]", "::1%lo", "1::2::3", "12345::", "localhost", "1.2.3.4\u{0}", "1.2.3.4\u{0}x", "::1\u{0}", "１.2.3.4",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func onlyFourOrSixteenBytesAreAnAddress() {
        for count in 0...20 {
            #expect((IPAddress(bytes: [UInt8](repeating: 1, count: count)) != nil) == [4, 16].contains(count))
        }
    }

    @Test func kindsAreTold() throws {
        func flags(_ text: String) throws -> [Bool] {
            let address = try #require(IPAddress(text))
            return [address.isIPv4, address.isLoopback, address.isLinkLocal]
        }
        #expect(try flags("127.5.5.5") == [true, true, false])
        #expect(try flags("128.0.0.1") == [true, false, false])
        #expect(try flags("169.254.9.9") == [true, false, true])
        #expect(try flags("::1") == [false, true, false])
        #expect(try flags("fe80::1") == [false, false, true])
        #expect(try flags("febf::1") == [false, false, true])
        #expect(try flags("fec0::1") == [false, false, false])
        #expect(IPAddress.v4(0).bitWidth == 32)
        #expect(IPAddress.v6(0, 0).bitWidth == 128)
    }

    @Test func fourComesBeforeSixAndThenTheValueCounts() throws {
        let sorted = ["9.0.0.0", "10.0.0.0", "255.0.0.0", "::1", "::2", "1::"].compactMap { IPAddress($0) }
        #expect(sorted.count == 6)
        #expect(sorted.reversed().sorted() == sorted)
    }
}

struct IPPrefixTests {
    @Test(arguments: ["100.64.0.0/10", "0.0.0.0/0", "10.1.2.3/32", "fd00::/8", "::/0", "2001:db8::1/128", "2001:db8:0:1::/64"])
    func aPrefixIsReadAndPrinted(text: String) {
        #expect(IPPrefix(text)?.description == text)
    }

    @Test(arguments: [
        "", "100.64.0.0", "100.64.0.0/", "/10", "100.64.0.0/33", "::/129", "100.64.0.0/-1", "100.64.0.0/+10", "100.64.0.0/010",
        "100.64.0.0/1o", "100.64.0.1/10", "fd00::1/8", "100.64.0.0/10/8", "100.64.0.0 /10", "100.64.0.0/ 10",
        "100.64.0.0/99999999999999999999",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(IPPrefix(text) == nil)
    }

    @Test func bitsBeyondTheLengthAreCleared() throws {
        let address = try #require(IPAddress("2001:db8:ffff:ffff:ffff::1"))
        #expect(IPPrefix(address, length: 47)?.description == "2001:db8:fffe::/47")
        #expect(IPPrefix(address, length: 65)?.description == "2001:db8:ffff:ffff:8000::/65")
        #expect(IPPrefix(address, length: 0)?.description == "::/0")
        #expect(IPPrefix(address, length: 129) == nil)
        #expect(IPPrefix(address, length: -1) == nil)
        #expect(IPPrefix(host: address).length == 128)
    }

    @Test func itContainsItsOwnFamilyOnly() throws {
        let pool = try #require(IPPrefix("100.64.0.0/10"))
        for (text, isInside) in [
            ("100.64.0.0", true), ("100.127.255.255", true), ("100.128.0.0", false), ("100.63.255.255", false), ("::1", false),
        ] {
            #expect(pool.contains(try #require(IPAddress(text))) == isInside, "\(text)")
        }
        #expect(try #require(IPPrefix("::/0")).contains(.v4(1)) == false)
    }
}

struct EndpointTests {
    @Test(arguments: ["192.0.2.1:51820", "[2001:db8::1]:51820", "0.0.0.0:1", "255.255.255.255:65535"])
    func anEndpointIsReadAndPrinted(text: String) {
        #expect(Endpoint(text)?.description == text)
    }

    @Test(arguments: [
        "", ":", "192.0.2.1", "192.0.2.1:", ":51820", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+80",
        "192.0.2.1:080",
        "192.0.2.1: 80", "2001:db8::1:51820", "[192.0.2.1]:51820", "[2001:db8::1]", "[2001:db8::1:51820", "[]:1", "host:80",
        "[fe80::1%eth0]:80", "192.0.2.1:80:80",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(Endpoint(text) == nil)
    }
}
