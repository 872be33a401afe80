import MeshModel
import NetworkModel

/// Machines `m0`, `m1`, … in places, each with an address of either family.
struct TestNetwork {
    var table = PortTable()
    let names: [String]

    /// - Parameter places: the place of each machine; those in a place that begins with `nat` are hidden behind one address.
    init(_ places: [String]) {
        names = places.indices.map { "n\($0)" }
        for (index, place) in places.enumerated() {
            let isHidden = place.hasPrefix("nat")
            let outer = Set(places).sorted().firstIndex(of: place) ?? 0
            table[names[index]] = PortTable.Port(
                owner: names[index], port: "m\(index)", place: place,
                addresses: [.v4(0xc612_0001 + UInt32(index)), .v6(0xfd00 << 48, UInt64(index + 1))],
                externalAddresses: isHidden ? [.v4(0xc613_0001 + UInt32(outer)), .v6(0xfd01 << 48, UInt64(outer + 1))] : [])
        }
    }

    /// What a packet from one to another looks like at every bridge that it crosses.
    func packets(_ link: DirectedLink, transport: String = "udp", port: Int = 1, isIPv4: Bool = true) -> [TestPacket] {
        guard let from = table[link.from], let to = table[link.to] else { return [] }
        func text(_ addresses: [IPAddress]) -> String { addresses.first { $0.isIPv4 == isIPv4 }?.description ?? "" }
        func packet(_ iif: String, _ oif: String, _ source: [IPAddress], _ destination: [IPAddress]) -> TestPacket {
            TestPacket(
                iifname: iif, oifname: oif, source: text(source), destination: text(destination), isIPv4: isIPv4,
                transport: transport, port: port)
        }
        if from.place == to.place { return [packet(from.port, to.port, from.addresses, to.addresses)] }
        let source = from.isHidden ? from.externalAddresses : from.addresses
        let destination = to.isHidden ? to.externalAddresses : to.addresses
        return [
            packet(from.port, "router-\(from.place)", from.addresses, destination),
            packet("trunk-\(from.place)", "trunk-\(to.place)", source, destination),
            packet("router-\(to.place)", to.port, source, to.addresses),
        ]
    }

    /// Every ordered pair.
    var links: [DirectedLink] { LinkSet(from: names, to: names).links }
}

let everything = Capabilities(hasNetem: true, hasTokenBucket: true)
let onlyTokenBucket = Capabilities(hasNetem: false, hasTokenBucket: true)
