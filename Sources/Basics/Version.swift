/// What this build calls itself.
public enum Version {
    /// Semantic version of all four programs, which are released together.
    public static let current = "0.1.0"
}
