import Testing

@testable import MessengerLogic

struct FrameDecoderTests {
    private let hello = RawFrame(kind: 3, body: [7, 8, 9])

    @Test func aFrameIsItsLengthItsVersionItsKindAndItsBody() {
        #expect(hello.encoded == [0, 0, 0, 5, 1, 3, 7, 8, 9])
        #expect(RawFrame(kind: 4, body: []).encoded == [0, 0, 0, 2, 1, 4])
    }

    @Test func oneFrameIsTakenAndTheRestIsLeft() throws {
        var decoder = FrameDecoder()
        var input = (hello.encoded + [0, 0])[...]
        #expect(try decoder.next(&input) == hello)
        #expect(Array(input) == [0, 0])
        #expect(decoder.buffered == 0)
        #expect(try decoder.next(&input) == nil)
        #expect(decoder.buffered == 2)
        #expect(input.isEmpty)
    }

    @Test func theLargestFrameFits() throws {
        let largest = RawFrame(kind: 3, body: [UInt8](repeating: 1, count: 65_534))
        var decoder = FrameDecoder()
        var input = largest.encoded[...]
        #expect(try decoder.next(&input) == largest)
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0], FrameError.tooShort(0)),
            ([0, 0, 0, 1], .tooShort(1)),
            ([0, 1, 0, 1], .tooLong(65_537)),
            ([255, 255, 255, 255], .tooLong(4_294_967_295)),
            // The version is judged as soon as it is there.
            ([0, 0, 255, 0, 2], .unsupportedVersion(2)),
            (Array("GET / HTTP/1.1\r\n".utf8), .tooLong(0x4745_5420)),
        ] as [([UInt8], FrameError)])
    func aWrongStreamIsRefusedAtOnceAndForGood(bytes: [UInt8], error: FrameError) {
        var decoder = FrameDecoder()
        var input = bytes[...]
        #expect(throws: error) { try decoder.next(&input) }
        var more = hello.encoded[...]
        #expect(throws: error) { try decoder.next(&more) }
    }

    @Test func anAnnouncedFrameTakesNoMoreMemoryThanArrivedOfIt() throws {
        var decoder = FrameDecoder()
        var input: ArraySlice<UInt8> = [0, 1, 0, 0, 1, 3, 42]
        #expect(try decoder.next(&input) == nil)
        #expect(decoder.buffered == 7)
    }

    /// 3,000 streams of one to six frames, cut at random places.
    @Test func framesSurviveEverySplit() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<3_000 {
            let frames = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                RawFrame(
                    kind: UInt8(truncatingIfNeeded: random.next()),
                    body: random.bytes(Int.random(in: 0...Int.random(in: 0...300, using: &random), using: &random)))
            }
            var stream = frames.flatMap(\.encoded)[...]
            var decoder = FrameDecoder()
            var decoded: [RawFrame] = []
            while !stream.isEmpty {
                let size = Int.random(in: 1...40, using: &random)
                var piece = stream.prefix(size)
                stream = stream.dropFirst(size)
                while let frame = try decoder.next(&piece) { decoded.append(frame) }
                #expect(piece.isEmpty)
            }
            #expect(decoded == frames)
            #expect(decoder.buffered == 0)
        }
    }

    /// 20,000 streams of random bytes, half of them behind a plausible header: the decoder ends each in frames or an error,
    /// holds at most one frame, and what it calls a frame reads as one or is refused.
    @Test func randomBytesDoNoHarm() {
        var random = SeededGenerator(seed: 2)
        for number in 0..<20_000 {
            let plausible: [UInt8] = number.isMultiple(of: 2) ? [0, 0, 0, UInt8.random(in: 0...60, using: &random), 1] : []
            var input = (plausible + random.bytes(Int.random(in: 0...120, using: &random)))[...]
            var decoder = FrameDecoder()
            do throws(FrameError) {
                while let raw = try decoder.next(&input) { _ = try Frame(raw) }
                #expect(input.isEmpty)
            } catch {
                #expect(!error.code.isEmpty)
            }
            #expect(decoder.buffered <= 4 + RawFrame.lengthRange.upperBound)
        }
    }
}
