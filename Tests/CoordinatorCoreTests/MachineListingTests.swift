import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing
import Timing

@testable import CoordinatorCore
@testable import CoordinatorLogic

/// What a listing of the machines costs, and how new it is.
@Suite struct MachineListingTests {
    private func names(_ body: [UInt8]) throws -> [String] {
        try JSONDecoder().decode(MachineEntryList.self, from: Data(body)).machines.map(\.name.text)
    }

    @Test func manyWhoAskAtOnceCostOneListing() async throws {
        let directory = try TestDirectory()
        defer { withExtendedLifetime(directory) {} }
        let coordinator = try await makeCoordinator(directory)
        let listing = MachineListing(of: coordinator)
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        for number in 1...3 {
            _ = try await coordinator.register(
                provedRequest("n\(4 - number)", number, token.secret, coordinator), bearer: token.secret, from: "192.0.2.1:1")
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<50 { group.addTask { try await listing.body() } }
                let expected = (4 - number...3).map { "n\($0)" }
                for try await body in group { #expect(try names(body) == expected, "by name") }
            }
            #expect(await listing.count == number, "one for each change")
        }
    }

    /// However many others ask, and whatever is under way.
    @Test func whatWasTrueWhenSomebodyAskedIsInIt() async throws {
        let directory = try TestDirectory()
        defer { withExtendedLifetime(directory) {} }
        let coordinator = try await makeCoordinator(directory)
        let listing = MachineListing(of: coordinator)
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { while !Task.isCancelled { _ = try await listing.body() } }
            }
            for number in 1...40 {
                let request = try await provedRequest("n\(number)", number, token.secret, coordinator)
                _ = try await coordinator.register(request, bearer: token.secret, from: "192.0.2.1:1")
                #expect(try await names(listing.body()).contains("n\(number)"))
            }
            group.cancelAll()
        }
        #expect(await listing.count > 0)
    }

    /// However often somebody asks, and however often something changes.
    @Test func listingTakesHalfOfTheTimeAtTheMost() async throws {
        let directory = try TestDirectory()
        defer { withExtendedLifetime(directory) {} }
        let coordinator = try await makeCoordinator(directory)
        let listing = MachineListing(of: coordinator)
        let token = try await coordinator.issueToken(TokenRequest(reusable: true, expiresInSeconds: 60))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...60 {
                group.addTask {
                    let request = try await provedRequest("n\(number)", number, token.secret, coordinator)
                    _ = try await coordinator.register(request, bearer: token.secret, from: "192.0.2.1:1")
                }
            }
            try await group.waitForAll()
        }
        let machine = try #require(await coordinator.snapshot.machines.first)
        let start = MonotonicTime.now
        let end = start + .milliseconds(500)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { while MonotonicTime.now < end { _ = try await listing.body() } }
            }
            var isSuspect = false
            while MonotonicTime.now < end {
                isSuspect.toggle()
                await coordinator.pretend(isSuspect ? .suspect : .alive, of: machine.id)
                await Task.yield()
            }
            try await group.waitForAll()
        }
        let (spent, longest) = await (listing.spent, listing.longest)
        let passed = MonotonicTime.now - start
        #expect(spent <= (passed + longest) / 2, "\(spent) of \(passed), the longest \(longest)")
        #expect(await listing.count > 3)
    }
}

extension Coordinator {
    /// A change of the peer map that costs next to nothing.
    fileprivate func pretend(_ liveness: Liveness, of id: MachineID) { membership.registry.setLiveness(liveness, of: id) }
}
