import Basics
import FoundationEssentials

/// `identity.json` in the state directory.
struct IdentityStore: Sendable {
    let path: String

    /// A file that is larger is not one of ours.
    private static let sizeLimit = 65_536

    init(directory: String) { path = "\(directory)/identity.json" }

    /// The identity, or nil if there is none yet.
    ///
    /// - Throws: `identity-damaged`, which says what to do and never shows the content, or `state-file`. Nothing is overwritten.
    func load() throws(CodedError) -> Identity? {
        guard let bytes = try PrivateFile.read(path, limit: Self.sizeLimit) else { return nil }
        do {
            return try JSONDecoder().decode(Identity.self, from: Data(bytes))
        } catch {
            throw CodedError(
                "identity-damaged",
                "\(path) is not an identity of this program (\(Self.describe(error))): restore it from a backup, or move it away and join again as a new machine"
            )
        }
    }

    /// Replaces the file; it survives a power cut from then on.
    func save(_ identity: Identity) throws(CodedError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try PrivateFile.replace(path, with: [UInt8](encoder.encode(identity)))
        } catch let error as CodedError {
            throw error
        } catch {
            throw CodedError("identity", "the identity could not be written as JSON")
        }
    }

    /// Removes the file; one that is not there is as good.
    ///
    /// - Throws: `state-file`.
    func remove() throws(CodedError) { try PrivateFile.remove(path) }

    /// Which key is wrong; a decoder's own text may quote a secret.
    private static func describe(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): return "the key \"\(key.stringValue)\" is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            return place.isEmpty ? "it is not JSON" : "the key \"\(place)\" has an unexpected value"
        default: return "it is not JSON"
        }
    }
}
