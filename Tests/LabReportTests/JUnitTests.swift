import Foundation
import FoundationXML
import LabReport
import Testing

@Suite struct JUnitTests {
    /// The whole document, to be read by whoever changes it.
    @Test func golden() {
        let expected = #"""
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="lab" tests="4" failures="1" errors="1" skipped="1" time="10.5">
              <testsuite name="fixture" tests="4" failures="1" errors="1" skipped="1" time="10.5" timestamp="2026-01-31T12:00:00.000000Z">
                <properties>
                  <property name="outcome" value="fail"/>
                  <property name="seed" value="7"/>
                  <property name="repetition" value="1"/>
                  <property name="file" value="Scenarios/it&#39;s.json"/>
                  <property name="kernel" value="6.1.0"/>
                  <property name="backend" value="wireguard-go"/>
                  <property name="substrate" value="namespaces"/>
                  <property name="rootless" value="true"/>
                  <property name="version" value="0.1.0"/>
                  <property name="parameter.victims" value="birch"/>
                </properties>
                <testcase classname="fixture" name="mesh-forms: every pair pings" time="0.56">
                  <properties><property name="milestone" value="1"/><property name="claim" value="C1"/></properties>
                  <system-out>0.56 s of 2.0 s since agents: 2 of 2 pairs answer</system-out>
                </testcase>
                <testcase classname="fixture" name="death-noticed" time="7.25">
                  <failure message="HOSTILE" type="eventually"/>
                  <system-out>7.25 s of 7.0 s: HOSTILE</system-out>
                </testcase>
                <testcase classname="fixture" name="cut-off" time="1.0">
                  <error message="counter stayed 0" type="inconclusive"/>
                  <system-out>1.0 s of 1.0 s: counter stayed 0</system-out>
                </testcase>
                <testcase classname="fixture" name="later" time="0.0">
                  <skipped message="the run did not get there"/>
                  <system-out>0.0 s: the run did not get there</system-out>
                </testcase>
              </testsuite>
            </testsuites>

            """#
        let hostile =
            "&lt;/script&gt;&lt;script&gt;document.title=&#39;broken out&#39;&lt;/script&gt;&lt;img src=x onerror=&quot;1&quot;&gt; "
            + "&amp; &#39;quoted&#39; \u{FFFD}[31m\u{FFFD}"
        #expect(String(decoding: JUnit.document(Fixture.report), as: UTF8.self) == expected.replacing("HOSTILE", with: hostile))
    }

    /// A real parser reads it, and every text comes out as it went in, but for what XML cannot hold.
    @Test func isWellFormed() {
        var report = Fixture.report
        report.error = "broke off:\n\tline two \u{7F} \u{FFFF} ]]>"
        report.checks[0].id = Fixture.hostile
        let reader = NameReader()
        let parser = XMLParser(data: Data(JUnit.document(report)))
        parser.delegate = reader
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        let clean = Fixture.hostile.replacing("\u{1B}", with: "\u{FFFD}").replacing("\u{0}", with: "\u{FFFD}")
        #expect(reader.names == ["\(clean): every pair pings", "death-noticed", "cut-off", "later", "run"])
        #expect(reader.messages.last == "broke off:\n\tline two \u{7F} \u{FFFD} ]]>")
    }

    private final class NameReader: NSObject, XMLParserDelegate {
        var names: [String] = []
        var messages: [String] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            if name == "testcase" { names.append(attributes["name"] ?? "") }
            if let message = attributes["message"] { messages.append(message) }
        }
    }
}
