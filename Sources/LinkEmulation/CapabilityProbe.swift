import Basics
import NetworkModel
import Netlink

extension Capabilities {
    /// Tries the kernel's queueing disciplines on a pair of interfaces that is made for it and deleted again.
    ///
    /// - Parameter fabric: a socket in a private network namespace.
    /// - Throws: `netlink.link-add` if not even the pair can be made.
    public static func probe(_ fabric: RouteSocket) throws(CodedError) -> Capabilities {
        try fabric.addVeth(near: VethEnd(name: "probe-a"), far: VethEnd(name: "probe-b"))
        guard let link = try fabric.link(named: "probe-a") else {
            throw CodedError("netlink.link-add", "interface probe-a vanished")
        }
        func has(_ discipline: QueueDiscipline) -> Bool {
            do throws(CodedError) {
                try fabric.setRootQueue(link.index, discipline)
                return try fabric.rootQueues()[link.index].map { $0.discipline.kind == discipline.kind } ?? false
            } catch {
                // A kernel without it refuses: that is the answer.
                return false
            }
        }
        var netem = NetemQueue()
        netem.delay = 1_000
        let found = Capabilities(
            hasNetem: has(.netem(netem)),
            hasTokenBucket: has(.tokenBucket(TokenBucketQueue(rate: 125_000, burst: 3_028, limit: 32_768))))
        try fabric.deleteLink(link.index)
        return found
    }
}

extension QueueDiscipline {
    /// As the kernel names it.
    var kind: String {
        switch self {
        case .tokenBucket: "tbf"
        case .netem: "netem"
        case .other(let kind): kind
        }
    }
}
