import CLinux
import PacketModel

/// What is known of an interface that somebody has sent a frame through.
public struct SeenInterface: Sendable, Hashable {
    /// The kernel's number for it in the captured namespace.
    public let index: Int32
    /// 1 to 15 bytes.
    public let name: String
    /// `veth`, `bridge`, `tun`, …; empty for the loopback interface.
    public let driver: String
}

/// Which interface is which link.
struct LinkNames {
    /// Nil: an interface that is none of the links.
    private var numbers: [Int32: Int?] = [:]
    private let resolve: @Sendable (SeenInterface) -> CapturedLink?

    init(resolve: @escaping @Sendable (SeenInterface) -> CapturedLink?) {
        self.resolve = resolve
    }

    /// What is told of an interface beforehand.
    mutating func register(_ index: Int32, as number: Int?) { numbers[index] = number }

    /// The link that the interface was known as.
    func known(_ index: Int32) -> Int? { numbers[index] ?? nil }

    /// The number of the link; asks once for each interface. Nil: it is not to be captured.
    mutating func number(of index: Int32, socket: Int32, add: (CapturedLink) -> Int) -> Int? {
        if let known = numbers[index] { return known }
        // One that is gone by now is a link all the same: what it carried counts.
        let interface = Self.look(index, socket) ?? SeenInterface(index: index, name: "interface \(index)", driver: "veth")
        let number = resolve(interface).map(add)
        numbers[index] = number
        return number
    }

    private static func look(_ index: Int32, _ socket: Int32) -> SeenInterface? {
        var name = [CChar](repeating: 0, count: 16)
        var driver = [CChar](repeating: 0, count: 32)
        guard warren_capture_interface(socket, index, &name, &driver) == 0 else { return nil }
        return SeenInterface(index: index, name: text(name), driver: text(driver))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
