import AsyncHTTPClient
import Basics
import ControlProtocol
import Glibc
import LinuxProcess
import MeshModel
import NIOCore
import Timing
import TransportSecurity

/// The way to the coordinator, step by step: name, connection, certificate, answer, clock. The first step that fails is the last one.
struct CoordinatorCheck: Sendable {
    let url: String
    let pin: CertificatePin?

    /// Of each step.
    private static let limit = Duration.seconds(3)
    /// A clock that is off by less is as good as right; certificates and logs go by it.
    private static let clockTolerance = 60.0

    func findings() async -> [Finding] {
        guard let place = ServerPlace(url: url) else {
            return [Finding("coordinator", .fail, "\(url) is no URL of a coordinator", advice: "join again with another token")]
        }
        let found = await bounded(within: Self.limit) { await OwnThread.run { Resolver.addresses(of: place.host) } } ?? []
        guard !found.isEmpty else {
            return [
                Finding(
                    "dns", .fail, "\(place.host) has no address",
                    advice: "ask the resolver of this machine: getent ahosts \(place.host); /etc/resolv.conf names it")
            ]
        }
        var findings: [Finding] = []
        if IPAddress(place.host) == nil {
            findings.append(Finding("dns", .ok, "\(place.host) is \(found.prefix(4).map { "\($0)" }.joined(separator: ", "))"))
        }
        findings.append(await connect(to: found, port: UInt16(place.port)))
        guard findings.last?.verdict != .fail else { return findings }
        let trust = ServerTrust(url: url, pin: pin?.bytes)
        if place.isSecure {
            findings.append(await certificate(trust))
            guard findings.last?.verdict != .fail else { return findings }
        }
        return findings + (await answer(trust))
    }

    /// The addresses of the host as numbers; empty if it cannot be resolved.
    func addresses() -> [IPAddress] { ServerPlace(url: url).flatMap { IPAddress($0.host) }.map { [$0] } ?? [] }

    private func connect(to addresses: [IPAddress], port: UInt16) async -> Finding {
        var refusals: [String] = []
        for address in addresses.prefix(4) {
            let start = MonotonicTime.now
            let refusal = await OwnThread.run { Resolver.connect(to: address, port: port, within: Self.limit) }
            guard let refusal else {
                return Finding("tcp", .ok, "\(Endpoint(address: address, port: port)) answers in \(Self.text(.now - start))")
            }
            refusals.append("\(Endpoint(address: address, port: port)): \(refusal)")
        }
        return Finding(
            "tcp", .fail, refusals.joined(separator: "; "),
            advice: "see whether the coordinator runs, and whether a firewall on the way lets TCP port \(port) through")
    }

    private func certificate(_ trust: ServerTrust) async -> Finding {
        guard pin != nil else { return Finding("tls", .ok, "without a pin: the system's roots have to vouch for it") }
        do throws(CodedError) {
            _ = try await trust.configuration(within: Self.limit)
            return Finding("tls", .ok, "the certificate has the key of the join token")
        } catch {
            return Finding(
                "tls", .fail, error.message,
                advice: error.code == "certificate-pin-mismatch"
                    ? "somebody else answers there, or the coordinator has lost its key: ask its administrator before joining again"
                    : "see what answers on that port")
        }
    }

    private func answer(_ trust: ServerTrust) async -> [Finding] {
        let client = CoordinatorClient(trust: trust)
        let start = MonotonicTime.now
        do throws(CoordinatorFailure) {
            let response = try await client.execute(client.request(url + APIPath.health, "GET", bearer: nil), limit: Self.limit)
            let took = MonotonicTime.now - start
            var findings = [Finding("http", .ok, "the coordinator says that it is well, in \(Self.text(took))")]
            if let text = response.headers.first(name: "date"), let there = HTTPDate.seconds(text) {
                findings.append(Self.clock(there: there, took: took))
            }
            return findings
        } catch {
            return [
                Finding(
                    "http", .fail, error.detail,
                    advice: "look at the coordinator: \"warren-coordinator doctor\" there, and its log")
            ]
        }
    }

    private static func clock(there: Double, took: Duration) -> Finding {
        let difference = Double(time(nil)) - there
        // The header has whole seconds.
        let found =
            abs(difference) <= 1 + took.inSeconds
            ? "it agrees with the coordinator's"
            : "it is \(Int(abs(difference))) s \(difference > 0 ? "ahead of" : "behind") the coordinator's"
        return abs(difference) <= clockTolerance
            ? Finding("clock", .ok, found)
            : Finding("clock", .warn, found, advice: "set the clocks: certificates and logs go by them")
    }

    private static func text(_ duration: Duration) -> String { "\((duration.inSeconds * 10_000).rounded() / 10) ms" }
}

/// The date of an HTTP header (RFC 9110, section 5.6.7).
enum HTTPDate {
    /// Seconds since 1970; nil for anything else than `Tue, 24 Nov 2026 04:00:00 GMT`.
    static func seconds(_ text: String) -> Double? {
        let parts = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let day = Int32(parts[1]), let year = Int32(parts[3]),
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int32($0) }
        guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year) else { return nil }
        var fields = tm()
        (fields.tm_mday, fields.tm_mon, fields.tm_year) = (day, Int32(month), year - 1900)
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (clock[0], clock[1], clock[2])
        return Double(timegm(&fields))
    }
}
