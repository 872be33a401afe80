import Testing

@testable import MessengerLogic

/// The decoder, fed in pieces, against a reference that sees the whole stream at once.
struct FrameDecoderPropertyTests {
    /// What a stream comes to.
    struct Reading: Equatable {
        var frames: [RawFrame] = []
        /// Why it cannot be read on.
        var error: FrameError?
        /// Bytes of the frame that is not complete.
        var rest = 0
    }

    /// By the table in docs/messaging.md, with the whole stream in sight.
    static func reference(_ bytes: [UInt8]) -> Reading {
        var reading = Reading()
        var place = 0
        while true {
            let left = bytes.count - place
            reading.rest = left
            if left < 4 { return reading }
            let length =
                Int(bytes[place]) << 24 | Int(bytes[place + 1]) << 16 | Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
            if length < 2 { reading.error = .tooShort(length) }
            if length > 65_536 { reading.error = .tooLong(length) }
            if reading.error == nil, left > 4, bytes[place + 4] != 1 { reading.error = .unsupportedVersion(bytes[place + 4]) }
            if reading.error != nil || left < 4 + length { return reading }
            reading.frames.append(RawFrame(kind: bytes[place + 5], body: Array(bytes[(place + 6)..<(place + 4 + length)])))
            place += 4 + length
        }
    }

    /// The decoder's reading of the same bytes, which come in pieces.
    static func decode(_ bytes: [UInt8], pieces: (Int) -> Int) -> Reading {
        var decoder = FrameDecoder()
        var reading = Reading()
        var stream = bytes[...]
        while !stream.isEmpty, reading.error == nil {
            var piece = stream.prefix(max(1, pieces(stream.count)))
            stream = stream.dropFirst(piece.count)
            do throws(FrameError) {
                while let frame = try decoder.next(&piece) { reading.frames.append(frame) }
            } catch {
                reading.error = error
            }
        }
        reading.rest = decoder.buffered
        return reading
    }

    /// A stream of good frames, of all kinds and none.
    static func goodStream(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            // Small ones mostly; now and then the largest.
            let size = Int.random(in: 0..<20_000, using: &random) == 0 ? 65_534 : Int.random(in: 0...40, using: &random)
            let body = size > 1_000 ? [UInt8](repeating: 7, count: size) : random.bytes(size)
            bytes += RawFrame(kind: UInt8.random(in: 0...9, using: &random), body: body).encoded
        }
        return bytes
    }

    /// One to three things changed: a byte, a bit of a length, something cut off, put in, or repeated.
    static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeLast(min(bytes.count, Int.random(in: 1...20, using: &random)))
            case 3: bytes.insert(contentsOf: random.bytes(Int.random(in: 1...8, using: &random)), at: place)
            case 4: bytes.removeSubrange(place..<min(bytes.count, place + 4))
            default: bytes[place % min(4, bytes.count)] = [0, 0, 0, 1, 2, 255].randomElement(using: &random) ?? 0
            }
        }
    }

    /// 120,000 streams: good, mutated and random ones, each in pieces of random sizes. Frames, error and what is held are those of the
    /// reference; a frame reads as one or is refused.
    @Test func theDecoderReadsWhatTheReferenceReads() {
        var random = SeededGenerator(seed: 20)
        var (errors, frames, incomplete) = (0, 0, 0)
        for number in 0..<120_000 {
            var bytes: [UInt8]
            switch number % 4 {
            case 0: bytes = Self.goodStream(&random)
            case 1, 2:
                bytes = Self.goodStream(&random)
                Self.mutate(&bytes, &random)
            default:
                bytes =
                    [0, 0, 0, UInt8.random(in: 0...60, using: &random)].prefix(Int.random(in: 0...4, using: &random))
                    + random.bytes(Int.random(in: 0...60, using: &random))
            }
            let expected = Self.reference(bytes)
            let most = [1, 5, 64, 70_000].randomElement(using: &random) ?? 1
            let reading = Self.decode(bytes) { Int.random(in: 1...min(most, $0), using: &random) }
            // After an error nothing more is taken, and what is held is no longer of interest.
            guard reading.frames == expected.frames, reading.error == expected.error,
                reading.error != nil || reading.rest == expected.rest
            else {
                Issue.record("case \(number), \(bytes.prefix(300)): \(reading.error as Any), expected \(expected.error as Any)")
                return
            }
            for raw in reading.frames {
                do throws(FrameError) {
                    // What is taken for a frame is the same one when it is written again.
                    let frame = try Frame(raw)
                    if case .message = frame, (try? frame.raw()) != raw {
                        Issue.record("case \(number): \(frame) is written otherwise")
                    }
                } catch {
                    if error.code != "unknown-kind", error.code != "malformed-frame" { Issue.record("case \(number): \(error)") }
                }
            }
            frames += reading.frames.count
            if reading.error != nil { errors += 1 } else if reading.rest > 0 { incomplete += 1 }
        }
        // The cases are of all sorts.
        #expect(
            frames > 100_000 && errors > 20_000 && incomplete > 10_000, "\(frames) frames, \(errors) errors, \(incomplete) cut")
    }
}
