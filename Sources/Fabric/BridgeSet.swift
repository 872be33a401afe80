import Basics
import Netlink

/// A switch of any size: one Linux bridge, or several around the first. A star has no loops, so it needs no spanning tree.
struct BridgeSet {
    /// Names of its bridges start with this; 11 bytes at most.
    let name: String
    let mtu: Int
    let portsPerBridge: Int
    private(set) var bridges: [Int32] = []
    /// Ports in use, those of trunks left out.
    private var used: [Int] = []

    init(name: String, mtu: Int, portsPerBridge: Int) {
        self.name = name
        self.mtu = mtu
        self.portsPerBridge = portsPerBridge
    }

    /// The bridge to plug the next cable into; makes it if all others are full.
    ///
    /// - Throws: `netlink.batch`, or `fabric.full` when there are too many bridges for the first.
    mutating func takePort(_ kernel: RouteSocket, _ numbers: inout InterfaceNumbers) throws(CodedError) -> Int32 {
        if let place = used.firstIndex(where: { $0 < portsPerBridge }) {
            used[place] += 1
            return bridges[place]
        }
        guard bridges.count <= 1_023 - portsPerBridge else { throw CodedError("fabric.full", "switch \(name) has no more ports") }
        var batch = NetlinkBatch()
        let bridge = numbers.next()
        let suffix = bridges.count + 1
        batch.addBridge(bridge, name: bridges.isEmpty ? name : "\(name)-\(suffix)", mtu: mtu)
        if let first = bridges.first {
            let ends = (numbers.next(), numbers.next())
            batch.addVeth(
                near: VethEnd(name: "\(name)-\(suffix)a", master: first, up: true), ends.0,
                far: VethEnd(name: "\(name)-\(suffix)b"), ends.1, mtu: mtu)
            batch.setMaster(ends.1, bridge)
            batch.setLink(ends.1, up: true)
        }
        try kernel.perform(batch)
        bridges.append(bridge)
        used.append(1)
        return bridge
    }

    /// Gives a port back.
    mutating func releasePort(of bridge: Int32) {
        guard let place = bridges.firstIndex(of: bridge), used[place] > 0 else { return }
        used[place] -= 1
    }
}

/// Numbers for the interfaces that the fabric makes in its own namespace, none twice.
struct InterfaceNumbers {
    // Far above what the kernel itself begins with.
    private var last: Int32 = 10_000

    mutating func next() -> Int32 {
        last += 1
        return last
    }
}
