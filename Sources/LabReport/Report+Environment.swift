extension Report {
    /// Where the run took place.
    public struct Environment: Codable, Sendable, Hashable {
        public var substrate: String
        public var kernel: String
        public var backend: String
        /// Whether the lab ran as an ordinary user, inside a user namespace.
        public var rootless: Bool
        public var version: String
        /// Which engine did which fault.
        public var engines: [EngineUse]
        /// What this kernel and user can do, and cannot.
        public var capabilities: [Capability]

        public init(
            substrate: String, kernel: String, backend: String, rootless: Bool, version: String, engines: [EngineUse] = [],
            capabilities: [Capability] = []
        ) {
            self.substrate = substrate
            self.kernel = kernel
            self.backend = backend
            self.rootless = rootless
            self.version = version
            self.engines = engines
            self.capabilities = capabilities
        }

        /// Reads format 1 too.
        public init(from decoder: any Decoder) throws {
            let box = try decoder.container(keyedBy: CodingKeys.self)
            substrate = try box.decode(String.self, forKey: .substrate)
            kernel = try box.decode(String.self, forKey: .kernel)
            backend = try box.decode(String.self, forKey: .backend)
            rootless = try box.decode(Bool.self, forKey: .rootless)
            version = try box.decode(String.self, forKey: .version)
            engines = try box.decodeIfPresent([EngineUse].self, forKey: .engines) ?? []
            capabilities = try box.decodeIfPresent([Capability].self, forKey: .capabilities) ?? []
        }
    }

    /// What carried out a kind of fault.
    public struct EngineUse: Codable, Sendable, Hashable {
        /// The fault's word, such as `delay`.
        public var fault: String
        /// `netem`, `nftables`, `tbf`, `relay`, `process` and so on.
        public var engine: String
        /// How it was read back that the fault took effect, and what was seen.
        public var detail: String

        public init(fault: String, engine: String, detail: String = "") {
            self.fault = fault
            self.engine = engine
            self.detail = detail
        }
    }

    /// Something that a kernel and a user have or lack.
    public struct Capability: Codable, Sendable, Hashable {
        public var name: String
        public var isPresent: Bool
        /// What was found, or what to install or switch on.
        public var detail: String

        public init(name: String, isPresent: Bool, detail: String = "") {
            self.name = name
            self.isPresent = isPresent
            self.detail = detail
        }
    }

    /// A machine of the run.
    public struct Machine: Codable, Sendable, Hashable {
        public var name: String
        /// The switch or site that it is attached to.
        public var place: String
        public var labels: [String: String]
        /// The first address that it had on the underlay; nil if it never was on.
        public var underlay: String?
        /// Its mesh address as the coordinator first listed it.
        public var mesh: String?

        public init(name: String, place: String, labels: [String: String] = [:], underlay: String? = nil, mesh: String? = nil) {
            self.name = name
            self.place = place
            self.labels = labels
            self.underlay = underlay
            self.mesh = mesh
        }
    }

    /// What a service cost, over all its lives in the run; nil where it was not measured.
    public struct Resources: Codable, Sendable, Hashable {
        public var machine: String
        public var service: String
        /// The most resident memory at any look, in bytes.
        public var peakMemory: Int?
        /// User and system time, in seconds.
        public var cpuSeconds: Double?
        /// The most open descriptors at any look.
        public var fileDescriptors: Int?

        public init(
            machine: String, service: String, peakMemory: Int? = nil, cpuSeconds: Double? = nil, fileDescriptors: Int? = nil
        ) {
            self.machine = machine
            self.service = service
            self.peakMemory = peakMemory
            self.cpuSeconds = cpuSeconds
            self.fileDescriptors = fileDescriptors
        }
    }
}
