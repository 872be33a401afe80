import Basics

/// What the coordinator's decisions go by if nobody says otherwise.
public enum CoordinatorLogicDefaults {
    public static let all: [ProgramDefault] = [
        ProgramDefault(
            "witnesses", count: WitnessQuestions.witnessesPerSuspect, "machines asked about a suspect in one interval"),
        ProgramDefault("witness-questions", count: WitnessQuestions.perInterval, "questions to one witness in one interval"),
        ProgramDefault("open-questions", count: WitnessQuestions.capacity, "questions to witnesses that are open"),
        ProgramDefault("flaps", count: Damping.standard.times, "losses from which a machine is not believed at its first word"),
        ProgramDefault("flap-span", Damping.standard.within, "the time within which these losses count"),
        ProgramDefault("heartbeat-ceiling", count: HeartbeatPace.defaultCeiling, "heartbeats a second of all machines together"),
        ProgramDefault("longest-interval", HeartbeatPace.longestInterval, "no heartbeat interval is stretched beyond it"),
        ProgramDefault("map-changes", count: Registry.defaultLogCapacity, "changes of the peer map that can be told as a delta"),
        ProgramDefault("observed-lifetime", ObservedEndpoints.lifetime, "an observed endpoint that is not repeated is forgotten"),
        ProgramDefault(
            "observed-sources", count: ObservedEndpoints.sourceLimit, "machines that are heard about another one's endpoint"),
    ]
}
