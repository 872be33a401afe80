import Testing

@testable import Netlink

/// What the kernel is asked for, byte by byte: many kernels lack netem, so it cannot always be read back.
@Suite struct NetemRequestTests {
    @Test func theMessageIsTheOneThatTcSends() throws {
        var queue = NetemQueue()
        (queue.delay, queue.jitter, queue.limit) = (20_000, 5_000, 10_000)
        (queue.loss, queue.duplicate, queue.corrupt, queue.reorder) = (0x4000_0000, 0x1999_999a, 0x0ccc_cccd, 0x2000_0000)
        let request = QueueObject.request(3, .netem(queue))
        // tc 6.1: `tc qdisc replace dev va root netem limit 10000 delay 20ms 5ms loss 25% duplicate 10% corrupt 5% reorder 12.5% gap 1`
        let wanted: [UInt8: [UInt8]] = [
            0: [
                0xb4, 0xc4, 0x04, 0x00, 0x10, 0x27, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x01, 0x00, 0x00, 0x00, 0x9a, 0x99, 0x99,
                0x19, 0x2d, 0x31, 0x01, 0x00,
            ],
            3: [0x00, 0x00, 0x00, 0x20, 0, 0, 0, 0],
            4: [0xcd, 0xcc, 0xcc, 0x0c, 0, 0, 0, 0],
        ]
        try #require(request.count > 36)
        // The request's own header (16 bytes) and struct tcmsg (20): parent is the root, interface 3.
        #expect(Array(request[20..<36]) == [3, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        let attributes = Self.attributes(request[36...])
        #expect(attributes[1] == Array("netem".utf8) + [0])
        let options = try #require(attributes[2])
        #expect(Array(options.prefix(24)) == wanted[0])
        let more = Self.attributes(options.dropFirst(24))
        #expect(more[3] == wanted[3] && more[4] == wanted[4], "\(more)")
        // Correlations, if libnl writes them, are none.
        #expect(more[1]?.allSatisfy { $0 == 0 } ?? true)
        #expect(Set(more.keys).isSubset(of: [1, 3, 4]))
    }

    /// Netlink attributes by type.
    private static func attributes(_ bytes: ArraySlice<UInt8>) -> [UInt8: [UInt8]] {
        var rest = bytes
        var found: [UInt8: [UInt8]] = [:]
        while rest.count >= 4 {
            let length = Int(rest[rest.startIndex])
            guard length >= 4, length <= rest.count else { break }
            found[rest[rest.startIndex + 2]] = Array(rest.dropFirst(4).prefix(length - 4))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return found
    }
}
