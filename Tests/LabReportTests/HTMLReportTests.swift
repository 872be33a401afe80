import Basics
import Foundation
import LabReport
import Testing

@Suite struct HTMLReportTests {
    private func page(_ report: Report = Fixture.report, limits: PageLimits = PageLimits()) throws -> String {
        String(decoding: try HTMLReport.document(report, Fixture.timeline, limits: limits), as: UTF8.self)
    }

    /// What can be read without a script.
    @Test(arguments: [
        "<title>fail: fixture</title>", "Two machines &lt;meet&gt;", "<strong>1</strong> of 4 checks passed",
        "href=\"#check-death-noticed\"", "id=\"check-mesh-forms\"", "<b>0.56 s</b> of 2.00 s", "since agents",
        "<i style=\"width:28.0%\"></i>", "over the bound", "milestone 1", "claim C1", "2 of 2 pairs answer", "12.0 MiB",
        "198.18.0.2",
        "41 ms instead of 0.4", "✗ no", "lab run 'Scenarios/it&#39;\\&#39;&#39;s.json' --seed 7 --set victims=birch",
    ])
    func holds(text: String) throws {
        #expect(try page().replacing("&#39;Scenarios", with: "'Scenarios").replacing(".json&#39;", with: ".json'").contains(text))
    }

    @Test func everyMarkIsFilled() throws {
        let page = try page()
        for mark in ["title", "style", "script", "summary", "notes", "checks", "resources", "environment", "data"] {
            #expect(!page.contains("{{\(mark)}}"))
        }
    }

    /// The browser ends a script at the first `</script`, wherever that stands, and `<!--` changes how it reads on.
    @Test func nothingBreaksOut() throws {
        var report = Fixture.report
        report.scenario = Fixture.hostile
        report.error = Fixture.hostile + "{{data}}<!--"
        report.machines[0].name = Fixture.hostile
        let page = try page(report)
        #expect(page.components(separatedBy: "<script").count == 3 && page.components(separatedBy: "</script").count == 3)
        #expect(!page.contains("<img") && !page.contains("<!--"))
        let json = try #require(page.split(separator: "id=\"data\">").last?.split(separator: "</script>").first)
        #expect(!json.contains("<"))
        let data = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect((data?["report"] as? [String: Any])?["scenario"] as? String == Fixture.hostile)
    }

    /// Opens anywhere: nothing is loaded from anywhere, and the page forbids itself to try.
    @Test func needsNothingElse() throws {
        let page = try page()
        #expect(page.contains("default-src 'none'"))
        for word in ["src=\"", "<link", "@import", "http:", "https:", "fetch(", "XMLHttpRequest", "innerHTML", "eval("] {
            let found = page.replacing("http://www.w3.org/2000/svg", with: "").contains(word)
            #expect(!found, "\(word)")
        }
    }

    @Test func whatDoesNotFitIsNoted() throws {
        var limits = PageLimits()
        limits.logBytes = 100
        limits.matrixBytes = 100
        limits.events = 1
        let page = try page(limits: limits)
        #expect(page.contains("1 of 2 log lines are in this page"))
        #expect(page.contains("session-lost"), "a warning is worth more than a line without a level")
        #expect(page.contains("Every 2th of 2 samples") || page.contains("Every 2nd of 2 samples"))
        #expect(page.contains("The first 1 of 3 events"))
    }
}

/// The page in a real browser, where one is installed.
@Suite struct BrowserTests {
    private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: browser != nil, "no chromium is installed here"), .timeLimit(.minutes(2)))
    func scriptsRun() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lab-report-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "report.html")
        try Data(HTMLReport.document(Fixture.report, Fixture.timeline)).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = [
            "--kill-after=5", "60", Self.browser ?? "", "--headless=new", "--no-sandbox", "--disable-gpu",
            "--virtual-time-budget=3000",
            "--user-data-dir=\(folder.path)/profile", "--dump-dom", file.absoluteString,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let document = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(document.contains("data-ready=\"true\""))
        #expect(document.contains("<title>fail: fixture</title>"), "no text of the data became a script")
        #expect(document.contains("class=\"loglist\"") && document.contains("session-lost"))
        #expect(document.contains("power off birch"))
        #expect(!document.contains("<img"))
    }
}
