/// What an Ethernet frame carries (IEEE 802 numbers).
public enum EtherType {
    public static let ipv4: UInt16 = 0x0800
    public static let arp: UInt16 = 0x0806
    public static let ipv6: UInt16 = 0x86dd
    /// An IEEE 802.1Q tag follows.
    public static let vlan: UInt16 = 0x8100
    /// An IEEE 802.1ad (service provider) tag follows.
    public static let serviceVLAN: UInt16 = 0x88a8
    /// Values below this one are the length of an IEEE 802.3 frame, not a type.
    public static let lowest: UInt16 = 0x0600
}
