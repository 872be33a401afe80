import Basics
import FoundationEssentials

extension Report {
    /// The bytes of `report.json`.
    ///
    /// - Throws: `report.encoding` if a number in it is not finite.
    public func json() throws(CodedError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(self)) } catch {
            throw CodedError("report.encoding", "the report cannot be written as JSON", cause: error)
        }
    }

    /// - Throws: `report.decoding`, naming the first thing that is missing or of another kind.
    public init(json: [UInt8]) throws(CodedError) {
        do { self = try JSONDecoder().decode(Report.self, from: Data(json)) } catch let error as DecodingError {
            throw CodedError("report.decoding", "it is no report of the lab's: \(Self.reason(error))")
        } catch {
            throw CodedError("report.decoding", "it is no report of the lab's", cause: error)
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the top" : path.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\"\(key.stringValue)\" is missing at \(place(context.codingPath))"
        case .typeMismatch(let type, let context): return "\(place(context.codingPath)) is no \(type)"
        case .valueNotFound(let type, let context): return "\(place(context.codingPath)) is null instead of \(type)"
        case .dataCorrupted(let context): return "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}
