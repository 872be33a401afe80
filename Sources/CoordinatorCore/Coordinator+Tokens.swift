import Basics
import MeshModel
import Observability

extension Coordinator {
    /// Issues a join token. Its secret is in the answer and nowhere else.
    ///
    /// - Throws: `CodedError`: `bad-request`, `too-many-tokens`, `storage-failed`.
    func issueToken(_ request: TokenRequest) async throws(CodedError) -> IssuedToken {
        guard (1...TokenRequest.longestLife).contains(request.expiresInSeconds) else {
            throw CodedError(
                "bad-request",
                "the field expiresInSeconds: found \(request.expiresInSeconds), expected 1 to \(TokenRequest.longestLife)")
        }
        try await lane.enter()
        defer { lane.leave() }
        let now = clock.wall()
        let secret = Credential.newSecret()
        let token = JoinTokenRecord(
            id: "t-" + RandomBytes.hex(6), secret: SecretHash(of: secret), createdAt: now,
            expiresAt: now + Int64(request.expiresInSeconds), reusable: request.reusable)
        try await store.add(token, now: now)
        let expiresAt = CoordinatorClock.text(token.expiresAt)
        logger.event(
            "token-created", "a join token was made",
            [
                "token": "\(token.id)", "expires": "\(expiresAt)", "reusable": .stringConvertible(token.reusable),
            ])
        return IssuedToken(id: token.id, secret: secret, expiresAt: expiresAt, reusable: token.reusable)
    }

    /// All join tokens, without their secrets.
    func tokenList() async throws(CodedError) -> TokenList {
        let now = clock.wall()
        return TokenList(
            tokens: try await store.tokens().map { token in
                TokenStatus(
                    id: token.id, state: token.state(at: now).rawValue, reusable: token.reusable, uses: token.uses,
                    createdAt: CoordinatorClock.text(token.createdAt), expiresAt: CoordinatorClock.text(token.expiresAt))
            })
    }

    /// Makes a join token invalid. Machines that it admitted stay.
    ///
    /// - Throws: `CodedError`: `token-unknown`, `storage-failed`.
    func revokeToken(_ id: String) async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        guard try await store.revokeToken(id) else {
            throw CodedError("token-unknown", "there is no join token with this id: see warren-coordinator token list")
        }
        logger.event("token-revoked", "a join token was revoked", ["token": "\(id)"])
    }
}
