/// Something of the kernel, or a program, that the lab uses; whether it is there was found out by using it.
public struct KernelFeature: Sendable, Hashable, Codable {
    /// How much depends on it.
    public enum Use: String, Sendable, Hashable, Codable {
        /// Without it no scenario runs.
        case needed
        /// Without it some scenarios do not run, or a fault is made by other means.
        case optional
    }

    /// Short and stable, such as `netem`.
    public let name: String
    public let use: Use
    /// What the lab does with it.
    public let purpose: String
    public let isThere: Bool
    /// What was done with it, or what the kernel said instead.
    public let finding: String
    /// What to install or switch on; nil if it is there.
    public let remedy: String?

    init(_ name: String, _ use: Use, _ purpose: String, problem: String?, tried: String, remedy: String) {
        self.name = name
        self.use = use
        self.purpose = purpose
        isThere = problem == nil
        finding = problem ?? tried
        self.remedy = problem == nil ? nil : remedy
    }

    /// For who could not even make the namespaces to look in.
    public static func noNamespaces(_ problem: String) -> KernelFeature {
        KernelFeature(
            "namespaces", .needed, "machines and the lab itself", problem: problem,
            tried: "made network, mount, PID, UTS and IPC namespaces",
            remedy:
                "run as root, or allow unprivileged user namespaces: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
        )
    }
}
