import MessengerLogic
import NIOCore
import NIOEmbedded
import Testing

@testable import MessengerCore

/// The handler by itself, with a clock of the test's own.
struct FrameHandlerTests {
    private let channel = EmbeddedChannel()
    private let handler = FrameHandler()

    init() throws { try channel.pipeline.syncOperations.addHandler(handler) }

    private func receive(within limit: Duration) -> Box {
        let box = Box()
        handler.receive(within: limit, on: channel.embeddedEventLoop).assumeIsolated().whenComplete { box.result = $0 }
        return box
    }

    private final class Box {
        var result: Result<Frame, any Error>?
        var frame: Frame? { try? result?.get() }
        var error: (any Error)? {
            if case .failure(let error)? = result { return error }
            return nil
        }
    }

    @Test func eachCallTakesOneFrame() throws {
        let frames = [Frame.acknowledge(.random()), .acknowledge(.random()), .acknowledge(.random())]
        try channel.writeInbound(ByteBuffer(bytes: try frames.flatMap { try $0.raw().encoded }))
        for frame in frames { #expect(receive(within: .seconds(1)).frame == frame) }
        let next = receive(within: .seconds(1))
        #expect(next.result == nil)
        let late = Frame.acknowledge(.random())
        let bytes = try late.raw().encoded
        try channel.writeInbound(ByteBuffer(bytes: bytes.prefix(5)))
        #expect(next.result == nil)
        try channel.writeInbound(ByteBuffer(bytes: bytes.dropFirst(5)))
        #expect(next.frame == late)
    }

    @Test func theDeadlineIsForAWholeFrame() throws {
        let idle = receive(within: .seconds(10))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(idle.result == nil)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(idle.error as? ConnectionEnd == .idle)

        // A byte a second does not put it off.
        let slow = receive(within: .seconds(10))
        let bytes = try Frame.acknowledge(.random()).raw().encoded
        for byte in bytes.prefix(9) {
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(slow.result == nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(slow.error as? ConnectionEnd == .slow)
    }

    @Test func aFrameThatBeganHasItsOwnTime() throws {
        let box = Box()
        handler.receive(within: .seconds(10), idle: .seconds(90), on: channel.embeddedEventLoop).assumeIsolated()
            .whenComplete { box.result = $0 }
        channel.embeddedEventLoop.advanceTime(by: .seconds(80))
        let bytes = try Frame.acknowledge(.random()).raw().encoded
        try channel.writeInbound(ByteBuffer(bytes: bytes.prefix(3)))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(box.result == nil)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(box.error as? ConnectionEnd == .slow)
    }

    @Test func whatNobodyAsksForIsBounded() throws {
        let chunk = try Frame.message(.random(), try MessageText(String(repeating: "x", count: 16_000))).raw().encoded
        for _ in 0..<17 { try channel.writeInbound(ByteBuffer(bytes: chunk)) }
        #expect(!channel.isActive)
        #expect(receive(within: .seconds(1)).error as? FrameError == .flood)
    }

    @Test func theEndComesAfterTheFramesBeforeIt() throws {
        let frame = Frame.acknowledge(.random())
        try channel.writeInbound(ByteBuffer(bytes: try frame.raw().encoded))
        channel.pipeline.fireChannelInactive()
        #expect(receive(within: .seconds(1)).frame == frame)
        #expect(receive(within: .seconds(1)).error as? ConnectionEnd == .closed)
    }
}
