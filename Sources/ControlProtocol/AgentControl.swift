import MeshModel

/// The routes of the agent's control socket, besides those of the parts that have their own.
public enum AgentPath {
    /// `GET`: `AgentStatus`. Query `measure`: milliseconds to spend on round trips to the peers, 0 to `longestMeasurement`.
    public static let status = "/v1/status"
    /// `POST` of a `LeaveRequest`: takes this machine out of the mesh, answers with `Left`, and ends the agent.
    public static let leave = "/v1/leave"
    /// `POST` with any body: ends the agent, which answers with `Stopping`.
    public static let stop = "/v1/stop"
    /// `GET`: the latest log lines, one `LogLine` each. Query: `lines`, `follow`.
    public static let logs = "/v1/logs"
    /// `GET`: Prometheus text.
    public static let metrics = "/metrics"

    /// Milliseconds.
    public static let longestMeasurement = 5_000
    /// The most log lines that are kept, and may be asked for.
    public static let logLineLimit = 2_000
}

/// Body of `POST /v1/leave`.
public struct LeaveRequest: Codable, Sendable, Hashable {
    /// Forget this machine's identity even if the coordinator cannot be told.
    public var force: Bool

    public init(force: Bool) { self.force = force }
}

/// What came of leaving.
public struct Left: Codable, Sendable, Hashable {
    /// Who it was; nil for a machine that had never been registered.
    public var machine: AgentStatus.Identity?
    /// Whether the coordinator knows: it was told, or had removed the machine before.
    public var told: Bool

    public init(machine: AgentStatus.Identity?, told: Bool) {
        self.machine = machine
        self.told = told
    }
}

/// Answer to `POST /v1/stop`.
public struct Stopping: Codable, Sendable, Hashable {
    /// The agent's process.
    public var pid: Int32

    public init(pid: Int32) { self.pid = pid }
}

/// One line of `GET /v1/logs`.
public struct LogLine: Codable, Sendable, Hashable {
    /// A line of the log as it was written, without its line feed; nil: a sign of life in between.
    public var line: String?
    /// How many lines were lost before this one, because the reader was too slow or they had gone from memory; absent: none.
    public var lost: Int?

    public init(line: String?, lost: Int? = nil) {
        self.line = line
        self.lost = lost
    }
}
