import Testing

/// Real certificates, real TLS over loopback.
@Suite struct TransportSecurityTests {}
