import MeshModel
import PacketModel

/// Builds frames for tests, checksums left at zero.
enum Build {
    static func half(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }
    static func word(_ value: Int) -> [UInt8] { half(value >> 16) + half(value) }

    /// 02:00:00:00:00:number.
    static func hardware(_ number: UInt8) -> [UInt8] { [2, 0, 0, 0, 0, number] }

    static func ethernet(_ type: UInt16, to: UInt8 = 2, from: UInt8 = 1, _ payload: [UInt8]) -> [UInt8] {
        hardware(to) + hardware(from) + half(Int(type)) + payload
    }

    static func ipv4(
        _ source: String, _ destination: String, _ number: UInt8, identification: Int = 7, offset: Int = 0, more: Bool = false,
        options: [UInt8] = [], _ payload: [UInt8]
    ) -> [UInt8] {
        [UInt8(0x45 + options.count / 4), 0] + half(20 + options.count + payload.count) + half(identification)
            + half((more ? 0x2000 : 0) | offset / 8) + [64, number, 0, 0] + bytes(source) + bytes(destination) + options + payload
    }

    static func ipv6(_ source: String, _ destination: String, _ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0x60, 0, 0, 0] + half(payload.count) + [number, 63] + bytes(source) + bytes(destination) + payload
    }

    static func udp(_ source: Int, _ destination: Int, _ payload: [UInt8]) -> [UInt8] {
        half(source) + half(destination) + half(8 + payload.count) + [0, 0] + payload
    }

    static func tcp(_ source: Int, _ destination: Int, sequence: Int = 1, _ payload: [UInt8]) -> [UInt8] {
        half(source) + half(destination) + word(sequence) + word(0) + [0x50, 0x18, 0, 0, 0, 0, 0, 0] + payload
    }

    /// A WireGuard data message of 64 bytes.
    static func data(counter: UInt8) -> [UInt8] {
        [4, 0, 0, 0, 9, 9, 9, 9, counter, 0, 0, 0, 0, 0, 0, 0]
            + (0..<48).map { UInt8(truncatingIfNeeded: Int(counter) &* 7 &+ $0 &* 31) }
    }

    /// A WireGuard data packet between machines that are numbered from 1.
    static func tunnel(_ from: UInt8, _ to: UInt8, counter: UInt8, hop: UInt8? = nil, sender: UInt8? = nil) -> [UInt8] {
        ethernet(
            EtherType.ipv4, to: hop ?? to, from: sender ?? from,
            ipv4("198.18.0.\(from)", "198.18.0.\(to)", 17, udp(51_820, 51_820, data(counter: counter))))
    }

    static func bytes(_ address: String) -> [UInt8] { IPAddress(address)?.bytes ?? [] }
}
