import MeshModel
import NetworkModel

/// The nftables rules of a gateway.
///
/// The kernel's own address translation chooses a port for each connection. For an endpoint-independent mapping the gateway learns,
/// after the kernel has chosen for the first packet of an inner address and port, what it chose, uses that for every further connection
/// of theirs, and lets everybody in who sends to it (RFC 4787, sections 4.1 and 5).
enum NATRules {
    /// A transaction that replaces the rules, and with them what was learned.
    ///
    /// - Parameters:
    ///   - external: the gateway's IPv4 address; nil: there is no IPv4.
    ///   - ports: what external ports are chosen from.
    ///   - seconds: 1 or more.
    static func script(_ kind: NATPlan.Kind, external: IPAddress?, ports: ClosedRange<UInt16>, seconds: Int) -> String {
        var script = """
            add table ip6 lab_filter
            delete table ip6 lab_filter
            table ip6 lab_filter {
                chain forward {
                    type filter hook forward priority filter; policy accept;
                    iifname "wan" oifname "lan" ct state established,related accept
                    iifname "wan" oifname "lan" drop
                }
            }
            add table ip lab_nat
            delete table ip lab_nat

            """
        if let external {
            script += "table ip lab_nat {\n\(filter)\n"
            switch kind {
            case .symmetric: script += symmetric("\(external)", "\(ports.lowerBound)-\(ports.upperBound)")
            case .endpointIndependent:
                script += endpointIndependent("\(external)", "\(ports.lowerBound)-\(ports.upperBound)", seconds)
            }
            script += "}\n"
        }
        return script
    }

    /// Nobody comes in without a mapping, to the site or to the gateway itself.
    private static let filter = """
            chain input {
                type filter hook input priority filter; policy accept;
                iifname "wan" ct state established,related accept
                iifname "wan" meta l4proto { tcp, udp } drop
            }
            chain forward {
                type filter hook forward priority filter; policy accept;
                iifname "wan" oifname "lan" ct state established,related accept
                iifname "wan" oifname "lan" ct status dnat accept
                iifname "wan" oifname "lan" drop
            }
        """

    /// Without `fully-random` the kernel would first try the port that the same inside has elsewhere.
    private static func symmetric(_ external: String, _ ports: String) -> String {
        """
            chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                oifname "wan" meta l4proto { tcp, udp } snat to \(external):\(ports) fully-random
                oifname "wan" snat to \(external)
            }

        """
    }

    private static func endpointIndependent(_ external: String, _ ports: String, _ seconds: Int) -> String {
        let memory = "flags dynamic,timeout; timeout \(seconds)s; size 65536;"
        return """
                map outward { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; \(memory) }
                map inward { type inet_proto . inet_service : ipv4_addr . inet_service; \(memory) }
                set taken { type inet_proto . inet_service; \(memory) }
                set owners { type inet_proto . inet_service . ipv4_addr . inet_service; \(memory) }
                chain prerouting {
                    type nat hook prerouting priority dstnat; policy accept;
                    ip daddr \(external) meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @inward
                }
                chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    oifname "wan" jump translate
                    iifname "lan" oifname "lan" ct status dnat jump translate
                }
                chain translate {
                    meta l4proto { tcp, udp } snat ip to meta l4proto . ip saddr . th sport map @outward
                    meta l4proto { tcp, udp } snat to \(external):\(ports) fully-random
                    snat to \(external)
                }
                chain learn {
                    type filter hook postrouting priority srcnat + 10; policy accept;
                    ip saddr \(external) ct direction original jump sent
                    ip saddr \(external) ct direction reply jump answered
                }
                chain sent {
            \(["udp", "tcp"].map(sent).joined(separator: "\n"))
                }
                chain answered {
            \(["udp", "tcp"].map(answered).joined(separator: "\n"))
                }

            """
    }

    /// A port that the kernel gave to two insides, which is right for it when they talk to different outsides, is given once more.
    private static func sent(_ transport: String) -> String {
        let inside = "ct original ip saddr . ct original proto-src"
        let outside = "meta l4proto . \(transport) sport"
        return """
                    meta l4proto \(transport) ct state new \(outside) @taken \(outside) . \(inside) != @owners drop
                    meta l4proto \(transport) update @taken { \(outside) }
                    meta l4proto \(transport) update @owners { \(outside) . \(inside) }
                    meta l4proto \(transport) update @outward { meta l4proto . \(inside) : ip saddr . \(transport) sport }
                    meta l4proto \(transport) update @inward { \(outside) : \(inside) }
            """
    }

    private static func answered(_ transport: String) -> String {
        let inside = "ct reply ip saddr . ct reply proto-src"
        let outside = "meta l4proto . \(transport) sport"
        return """
                    meta l4proto \(transport) update @taken { \(outside) }
                    meta l4proto \(transport) update @owners { \(outside) . \(inside) }
                    meta l4proto \(transport) update @outward { meta l4proto . \(inside) : ip saddr . \(transport) sport }
                    meta l4proto \(transport) update @inward { \(outside) : \(inside) }
            """
    }
}
