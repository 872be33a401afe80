import Basics
import Testing

struct DurationTextTests {
    @Test(arguments: [
        ("0s", Duration.zero), ("250ms", .milliseconds(250)), ("2s", .seconds(2)), ("1.5s", .milliseconds(1_500)),
        ("10m", .seconds(600)), ("1.5m", .seconds(90)), ("24h", .seconds(86_400)), ("7d", .seconds(604_800)),
        ("0.001ms", .microseconds(1)), ("365d", DurationText.longest), ("007s", .seconds(7)),
    ])
    func aNumberWithAUnitIsRead(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "5", "s", "ms", "-1s", "+1s", "1 s", " 1s", "1s ", "1S", "1e3s", "1.s", ".5s", "1.2.3s", "1,5s", "1h30m", "0x1s",
        "٣s", "½s", "infs", "nans", "366d", "99999999999999999999999s", "1us", "1w",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        (Duration.zero, "0ms"), (.milliseconds(250), "250ms"), (.microseconds(400), "0ms"), (.milliseconds(999), "999ms"),
        (.microseconds(999_600), "1s"), (.seconds(1), "1s"), (.milliseconds(1_234), "1.23s"), (.milliseconds(1_999), "2s"),
        (.milliseconds(1_500), "1.5s"), (.seconds(90), "90s"), (.seconds(7_199), "7199s"), (.seconds(7_200), "2h"),
        (.seconds(9_000), "2.5h"), (.seconds(86_400), "24h"), (.milliseconds(-250), "-250ms"), (.seconds(-2), "-2s"),
    ])
    func aDurationPrintsShort(duration: Duration, text: String) {
        #expect(DurationText.format(duration) == text)
    }

    @Test func whatIsPrintedCanBeRead() {
        for milliseconds in stride(from: 0, through: 5_000, by: 10) {
            let duration = Duration.milliseconds(milliseconds)
            #expect(DurationText.parse(DurationText.format(duration)) == duration)
        }
    }
}
