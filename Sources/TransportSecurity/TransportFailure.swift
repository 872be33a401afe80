import Basics

/// Errors of this target.
enum TransportFailure {
    static func certificate(_ what: String, _ cause: (any Error)? = nil) -> CodedError {
        CodedError("certificate-unusable", what, cause: cause)
    }
}
