import Basics

/// Follows each WireGuard data packet from the machine where it enters the network to the one where it leaves it.
///
/// A packet is known again by its ciphertext, whatever addresses it bears. It takes the direct path if it enters at one machine and
/// leaves at one other. A copy that leaves at a further machine without being addressed to it (the frame bears another Ethernet address)
/// is what a switch does that has not learned yet where the addressee is: flooding, counted by itself.
struct DirectPath: Sendable {
    /// The packets from one machine to another.
    struct Pair: Sendable, Hashable {
        var direct: UInt64 = 0
        /// Packets that passed through a third machine.
        var detoured: UInt64 = 0
        /// The numbers of the machines that they passed through, eight at most.
        var via: Set<Int> = []
        /// Further copies of a packet at the same place.
        var duplicates: UInt64 = 0
    }

    struct PairKey: Hashable, Sendable {
        var from: Int
        var to: Int
    }

    /// What is new about a packet that was just seen.
    enum News: Sendable, Hashable {
        case none
        /// It has come by way of a third machine.
        case detour(from: Int, via: Int)
        /// It has left at two machines, both of which it was addressed to.
        case twoReceivers(from: Int, first: Int, second: Int)
    }

    private struct Record: Sendable {
        var origin: Int
        var delivered: Int?
        var via: Int?
    }

    private var records = RecentTable<UInt64, Record>(capacity: 32_768)
    /// Who has which Ethernet address.
    private var owners: [HardwareAddress: Int] = [:]
    private(set) var pairs: [PairKey: Pair] = [:]
    /// Copies that left at a machine that they were not addressed to.
    private(set) var flooded: UInt64 = 0
    /// Packets that left without having been seen to enter: changed on the way, forgotten, or made in the network itself.
    private(set) var unmatched: UInt64 = 0
    private(set) var packets: UInt64 = 0
    private(set) var misdelivered: UInt64 = 0

    /// So many Ethernet addresses are kept in mind; with more, machines tell theirs again with each frame that they send.
    private static let mostOwners = 65_536
    private static let mostPairs = 1 << 20

    /// A frame of any kind has entered from that machine: its source address is the machine's.
    mutating func learn(_ source: HardwareAddress, of machine: Int) {
        guard owners[source] != machine, !source.isGroup else { return }
        if owners.count >= Self.mostOwners { owners = [:] }
        owners[source] = machine
    }

    /// A data packet has entered from that machine.
    mutating func entered(_ identity: UInt64, from machine: Int) -> News {
        packets += 1
        guard var record = records[identity] else {
            records[identity] = Record(origin: machine)
            return .none
        }
        guard record.origin != machine, record.via == nil else { return .none }
        // The machine that it was delivered to was a station on its way.
        if let station = record.delivered { change(record.origin, station) { $0.direct -= min(1, $0.direct) } }
        record.via = machine
        record.delivered = nil
        records[identity] = record
        return .detour(from: record.origin, via: machine)
    }

    /// A data packet has left at that machine.
    ///
    /// - Parameter addressee: the machine that has the IP address, as far as that is known.
    mutating func left(_ identity: UInt64, at machine: Int, destination: HardwareAddress, addressee: Int?) -> News {
        let owner = owners[destination]
        guard owner == machine || (owner == nil && addressee == machine) else {
            flooded += 1
            return .none
        }
        guard var record = records[identity] else {
            unmatched += 1
            return .none
        }
        defer { records[identity] = record }
        if let first = record.delivered {
            if first == machine {
                change(record.origin, machine) { $0.duplicates += 1 }
                return .none
            }
            misdelivered += 1
            return .twoReceivers(from: record.origin, first: first, second: machine)
        }
        // A station on the way: it is none of the machine's addresses that the packet bears.
        if record.via == nil, let addressee, addressee != machine {
            record.via = machine
            return .detour(from: record.origin, via: machine)
        }
        if let via = record.via {
            guard via != machine else { return .none }
            change(record.origin, machine) {
                $0.detoured += 1
                if $0.via.count < 8 { $0.via.insert(via) }
            }
        } else {
            change(record.origin, machine) { $0.direct += 1 }
        }
        record.delivered = machine
        return .none
    }

    private mutating func change(_ from: Int, _ to: Int, _ body: (inout Pair) -> Void) {
        let key = PairKey(from: from, to: to)
        guard pairs.count < Self.mostPairs || pairs[key] != nil else { return }
        body(&pairs[key, default: Pair()])
    }
}
