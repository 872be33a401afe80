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
        // Room for either line, and not for both.
        limits.logBytes = 170
        limits.matrixBytes = 100
        limits.events = 1
        let page = try page(limits: limits)
        #expect(page.contains("1 of 2 log lines are in this page"))
        #expect(page.contains("\"session-lost\""), "a warning is worth more than a line without a level")
        #expect(page.contains("One in 2 of the 2 samples"))
        #expect(page.contains("The first 1 of 3 events"))
    }
}

/// The page in a real browser, where one is installed.
@Suite struct BrowserTests {
    private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Notes the first error of the page's script, or of the visitor.
    private static let errorTrap =
        "<script>addEventListener('error', (e) => { document.documentElement.dataset.error ??= e.message; });</script>"

    /// Uses the page's controls one after the other.
    private static let visitor = """
        <script>{
        const root = document.documentElement, one = (what) => document.querySelector(what);
        const press = (what, key) => one(what).dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
        let done = 0;
        const expect = (isSo, what) => { if (!isSo) throw new Error(what); root.dataset.visited = ++done; };
        const before = root.dataset.theme;
        one("#theme").click();
        expect(root.dataset.theme !== before, "theme");
        one("#check-tools button:last-child").click();
        expect(one("#check-mesh-forms").hidden && !one("#check-death-noticed").hidden, "filter of checks");
        one("#check-death-noticed .show").click();
        expect(one("#clockbar output").value === "9.25 s", "moment of a failed check " + one("#clockbar output").value);
        one("#clockbar input").value = 1.8;
        one("#clockbar input").dispatchEvent(new Event("input"));
        expect(one("#clockbar .now").textContent.includes("power off birch"), "state at a moment");
        press("#mesh canvas", "ArrowRight");
        expect(one("#mesh .cell").textContent.includes("answers"), "chosen pair");
        press(".loglist", "Home");
        expect(one(".logdetail").textContent.includes("session-lost"), "chosen line");
        const level = document.querySelectorAll(".filter select")[2];
        level.value = 5;
        level.dispatchEvent(new Event("change"));
        expect(one(".logtally").textContent.startsWith("0 of 2"), "filter of logs");
        level.value = 4;
        level.dispatchEvent(new Event("change"));
        expect(one(".logtally").textContent.startsWith("1 of 2"), "level and above");
        one("#timeline-tools button:nth-child(2)").click();
        expect(one(".tl-plot svg").getAttribute("width") > one(".tl").clientWidth * 1.4, "zoom");
        }</script>
        """

    @Test(.enabled(if: browser != nil, "no chromium is installed here"), .timeLimit(.minutes(2)))
    func scriptsRun() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lab-report-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "report.html")
        let page = String(decoding: try HTMLReport.document(Fixture.report, Fixture.timeline), as: UTF8.self)
        try page.replacing("<script type=", with: Self.errorTrap + "<script type=").replacing(
            "</body>", with: Self.visitor + "</body>"
        )
        .write(to: file, atomically: true, encoding: .utf8)
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
        #expect(document.contains("data-visited=\"9\""), "every control did what it is there for")
        #expect(!document.contains("data-error="))
        // The detail of the chosen log line, and the pair that the arrow keys chose.
        #expect(document.contains("ash/agent at 2.500000 s: session-lost"))
        #expect(document.contains("ash → birch at 1.50 s: answers"))
        #expect(document.contains("<title>fail: fixture</title>"), "no text of the data became a script")
        #expect(document.contains("class=\"loglist\"") && document.contains("session-lost"))
        #expect(document.contains("power off birch"))
        #expect(!document.contains("<img"))
    }
}
