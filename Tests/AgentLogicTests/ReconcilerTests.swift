import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

@Suite struct ReconcilerTests {
    private let privateKey = PrivateKey.random()

    private func wanted(_ peers: [WantedPeer]) throws -> WantedState {
        WantedState(privateKey: privateKey, publicKey: try key(999), listenPort: 51820, peers: peers)
    }

    private func device(_ peers: [WireGuardPeer]) -> WireGuardDevice {
        WireGuardDevice(privateKey: privateKey, listenPort: 51820, peers: peers)
    }

    private func present(_ number: Int, endpoint: Int? = nil) throws -> WireGuardPeer {
        WireGuardPeer(
            publicKey: try key(number), endpoint: underlay(endpoint ?? number), allowedIPs: [host(number)],
            persistentKeepalive: 25)
    }

    @Test func aNewDeviceGetsEverythingInOneTransaction() throws {
        let peers = [WantedPeer(publicKey: try key(1), allowedIPs: [host(1)], endpoint: underlay(1))]
        let plan = Reconciler.plan(try wanted(peers), device: WireGuardDevice(), routes: [])
        #expect(plan.change.privateKey == privateKey)
        #expect(plan.change.listenPort == 51820)
        #expect(
            plan.change.peers == [.add(try key(1), endpoint: underlay(1), allowedIPs: [host(1)], persistentKeepalive: 25)])
        #expect(plan.routesToAdd == [host(1)])
        #expect(plan.routesToRemove.isEmpty)
    }

    @Test func whatIsRightIsLeftAlone() throws {
        let peers = [WantedPeer(publicKey: try key(1), allowedIPs: [host(1)], endpoint: underlay(1), hasSession: true)]
        let routes = [ObservedRoute(destination: host(1), isOurs: true)]
        #expect(Reconciler.plan(try wanted(peers), device: device([try present(1, endpoint: 77)]), routes: routes).isEmpty)
    }

    @Test func aPeerThatGoesTakesItsRouteAndNothingElse() throws {
        let peers = [WantedPeer(publicKey: try key(1), allowedIPs: [host(1)], endpoint: underlay(1), hasSession: true)]
        let routes = [1, 2].map { ObservedRoute(destination: host($0), isOurs: true) }
        let plan = Reconciler.plan(try wanted(peers), device: device([try present(1), try present(2)]), routes: routes)
        #expect(plan.change == DeviceChange(peers: [.remove(try key(2))]))
        #expect(plan.routesToRemove == [host(2)])
        #expect(plan.routesToAdd.isEmpty)
    }

    @Test func routesOfOthersStay() throws {
        let plan = Reconciler.plan(
            try wanted([]), device: device([]), routes: [ObservedRoute(destination: host(9), isOurs: false)])
        #expect(plan.isEmpty)
        let peers = [WantedPeer(publicKey: try key(9), allowedIPs: [host(9)], hasSession: true)]
        let taken = Reconciler.plan(
            try wanted(peers), device: device([try present(9)]), routes: [ObservedRoute(destination: host(9), isOurs: false)])
        #expect(taken.isEmpty, "a route that somebody else made to the same place serves as well")
    }

    @Test func aWaitingPeerIsAddedWithoutKeepaliveAndStartedLater() throws {
        var peer = WantedPeer(publicKey: try key(1), allowedIPs: [host(1)], endpoint: nil, keepsAlive: false)
        let added = Reconciler.plan(try wanted([peer]), device: device([]), routes: [])
        #expect(added.change.peers == [.add(try key(1), endpoint: nil, allowedIPs: [host(1)], persistentKeepalive: 0)])

        var there = try present(1)
        there.persistentKeepalive = 0
        there.endpoint = nil
        peer.endpoint = underlay(1)
        peer.keepsAlive = true
        peer.start = .first
        let route = [ObservedRoute(destination: host(1), isOurs: true)]
        let started = Reconciler.plan(try wanted([peer]), device: device([there]), routes: route)
        #expect(
            started.change.peers == [
                .remove(try key(1)), .add(try key(1), endpoint: underlay(1), allowedIPs: [host(1)], persistentKeepalive: 25),
            ])
    }

    @Test func aRestartRemovesAndAddsThatPeerAndKeepsItsRoute() throws {
        let peer = WantedPeer(publicKey: try key(1), allowedIPs: [host(1)], endpoint: underlay(8), start: .again)
        let route = [ObservedRoute(destination: host(1), isOurs: true)]
        let plan = Reconciler.plan(try wanted([peer]), device: device([try present(1)]), routes: route)
        #expect(
            plan.change.peers == [
                .remove(try key(1)), .add(try key(1), endpoint: underlay(8), allowedIPs: [host(1)], persistentKeepalive: 25),
            ])
        #expect(plan.routesToAdd.isEmpty && plan.routesToRemove.isEmpty)
    }

    @Test(arguments: [HandshakeStart.first, .again])
    func aSessionIsNeitherRestartedNorRedirected(_ start: HandshakeStart) throws {
        let peer = WantedPeer(
            publicKey: try key(1), allowedIPs: [host(1)], endpoint: underlay(8), hasSession: true, start: start)
        let route = [ObservedRoute(destination: host(1), isOurs: true)]
        #expect(Reconciler.plan(try wanted([peer]), device: device([try present(1)]), routes: route).isEmpty)
    }

    @Test func whatAnotherPeerGainsNeedsNoReplacement() throws {
        // Two peers have each other's address: both gain, neither is replaced.
        var first = try present(1)
        var second = try present(2)
        swap(&first.allowedIPs, &second.allowedIPs)
        let peers = try [1, 2].map { WantedPeer(publicKey: try key($0), allowedIPs: [host($0)], hasSession: true) }
        let routes = [1, 2].map { ObservedRoute(destination: host($0), isOurs: true) }
        let plan = Reconciler.plan(try wanted(peers), device: device([first, second]), routes: routes)
        #expect(
            plan.change.peers == [
                .update(try key(1), endpoint: nil, allowedIPs: .add([host(1)]), persistentKeepalive: nil),
                .update(try key(2), endpoint: nil, allowedIPs: .add([host(2)]), persistentKeepalive: nil),
            ])
    }

    @Test func onlyASurplusIsReplaced() throws {
        var there = try present(1)
        there.allowedIPs.append(host(50))
        let peers = [WantedPeer(publicKey: try key(1), allowedIPs: [host(1)], hasSession: true)]
        let plan = Reconciler.plan(
            try wanted(peers), device: device([there]), routes: [ObservedRoute(destination: host(1), isOurs: true)])
        #expect(
            plan.change.peers == [
                .update(try key(1), endpoint: nil, allowedIPs: .replace([host(1)]), persistentKeepalive: nil)
            ])
    }

    @Test func theOwnKeyIsNeverAPeer() throws {
        let peers = [WantedPeer(publicKey: try key(999), allowedIPs: [host(1)])]
        #expect(Reconciler.plan(try wanted(peers), device: device([]), routes: []).isEmpty)
    }

    /// Turning the keepalive on sends one; the endpoint that is said again is the one that WireGuard has learnt,
    /// unless the peer has said that it left that one.
    @Test func aProbeTouchesNothingButTheKeepalive() throws {
        for (start, endpoint) in [
            (HandshakeStart.probe, nil), (.probeFromNewAddress, underlay(77)), (.probeWhereItIs, underlay(1)),
        ] {
            let peer = WantedPeer(
                publicKey: try key(1), allowedIPs: [host(1)], endpoint: underlay(1), hasSession: true, start: start)
            let route = [ObservedRoute(destination: host(1), isOurs: true)]
            let plan = Reconciler.plan(try wanted([peer]), device: device([try present(1, endpoint: 77)]), routes: route)
            #expect(
                plan.change.peers == [
                    .update(try key(1), endpoint: endpoint, allowedIPs: nil, persistentKeepalive: 0),
                    .update(try key(1), endpoint: nil, allowedIPs: nil, persistentKeepalive: 25),
                ])
        }
    }

    @Test func withoutIPv6TheAllowedIPsStayAndOnlyTheRoutesGo() throws {
        let six = IPPrefix(host: .v6(0xfd00_0001_0000_0000, 1))
        var state = try wanted([WantedPeer(publicKey: try key(1), allowedIPs: [host(1), six], hasSession: true)])
        let onDevice = device([
            WireGuardPeer(
                publicKey: try key(1), endpoint: underlay(1), allowedIPs: [six, host(1)], persistentKeepalive: 25)
        ])
        let routes = [host(1), six].map { ObservedRoute(destination: $0, isOurs: true) }
        #expect(Reconciler.plan(state, device: onDevice, routes: routes).isEmpty)
        state.routesIPv6 = false
        let plan = Reconciler.plan(state, device: onDevice, routes: routes)
        #expect(plan.change.isEmpty)
        #expect(plan.routesToRemove == [six])
        state.routesIPv6 = true
        #expect(Reconciler.plan(state, device: onDevice, routes: [routes[0]]).routesToAdd == [six])
    }
}
