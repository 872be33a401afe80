import Basics

/// Errors about certificates.
public enum TransportFailure {
    /// Code `certificate-unusable`.
    public static func certificate(_ what: String, _ cause: (any Error)? = nil) -> CodedError {
        CodedError("certificate-unusable", what, cause: cause)
    }
}
