import Basics
import Testing

struct MonotonicTimeTests {
    @Test func timesAndDurationsAddUp() {
        let time = MonotonicTime.zero + .milliseconds(1_500)
        #expect(time.nanoseconds == 1_500_000_000)
        #expect(time - .seconds(1) == MonotonicTime(nanoseconds: 500_000_000))
        #expect(time - .zero == time)
        #expect(time - MonotonicTime.zero == .milliseconds(1_500))
        #expect(MonotonicTime.zero < time)
    }

    @Test func durationsConvert() {
        #expect(Duration.nanoseconds(1_999_999).wholeMilliseconds == 1)
        #expect(Duration.seconds(-1).wholeNanoseconds == -1_000_000_000)
        #expect(Duration.milliseconds(-1_500).wholeMilliseconds == -1_500)
        #expect(Duration.milliseconds(2_500).inSeconds == 2.5)
    }
}

struct CodedErrorTests {
    @Test func theDescriptionNamesTheCauses() {
        let inner = CodedError("inner", "the disk is full")
        #expect("\(inner)" == "the disk is full")
        #expect("\(CodedError("outer", "nothing was saved", cause: inner))" == "nothing was saved: the disk is full")
    }
}
