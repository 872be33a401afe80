import Basics
import CNetlink
import Glibc

extension RouteSocket {
    /// Whether the kernel knows a queueing discipline, such as `netem`. Asked by trying to set it up on the loopback interface without
    /// its parameters: one that is not known is refused as such, one that is known for the lack of parameters, or taken.
    ///
    /// To be used in a scratch namespace.
    public func knowsQueueingDiscipline(_ kind: String) -> Bool {
        var request = NetlinkWriter()
        // struct tcmsg: any family, interface 1, no handle, TC_H_ROOT.
        for word in [0, 1, 0, UInt32.max, 0] { request.word(word) }
        request.attribute(1 /* TCA_KIND */, kind)
        let message = NetlinkWriter.message(
            type: UInt16(RTM_NEWQDISC), flags: UInt16(NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK), sequence: 1,
            payload: request.output)
        guard let failure = withDescriptor({ NetlinkExchange.acknowledged($0, message, messages: 1) }) else { return true }
        return failure.message == 0 && failure.error != ENOENT && failure.error != EOPNOTSUPP
    }
}
