import Basics
import MeshModel

extension Coordinator {
    /// Notes that the stored row of a machine is behind.
    func markUnsaved(_ id: MachineID) {
        unsaved.insert(id)
        saveRequested.yield()
    }

    /// Stores what was noted, in one transaction however much it is. What could not be stored stays noted.
    func saveChanges() async throws(CodedError) {
        try await lane.enter()
        defer { lane.leave() }
        let batch = unsaved
        unsaved = []
        let rows = batch.compactMap { id -> StoredMachine? in
            guard let peer = membership.registry[id], let credential = credentials[id] else { return nil }
            return StoredMachine(peer: peer, credential: credential.hash, credentialUsed: credential.wasUsed)
        }
        guard !rows.isEmpty else { return }
        do {
            try await store.save(changesOf: rows)
        } catch {
            unsaved.formUnion(batch)
            throw error
        }
    }

    /// Stores changes as they come, until cancelled. A failure is retried with a growing, jittered delay for as long as it takes.
    func runSaving() async {
        let shortest = Duration.milliseconds(100)
        let longest = Duration.seconds(10)
        var delay = shortest
        for await _ in saveRequests {
            do {
                try await saveChanges()
                delay = shortest
            } catch {
                logger.event(
                    "storage-failed", "changes of machines could not be stored and are kept in memory: \(error)",
                    ["retry_ms": .stringConvertible(delay.wholeMilliseconds), "code": "\(error.code)"], level: .error)
                try? await Task.sleep(for: delay * Double.random(in: 0.5...1))
                delay = min(delay * 2, longest)
                saveRequested.yield()
            }
        }
    }
}
