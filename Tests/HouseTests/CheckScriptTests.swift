import Foundation
import Testing

/// The scripts of `.ci/checks`: they pass here, and each catches what it is there for.
@Suite struct CheckScriptTests {
    @Test(arguments: ["shell", "json", "words", "links"])
    func passesHere(check: String) async throws {
        let result = try await Command(
            program: Repository.root.appending(path: ".ci/checks/\(check)"), directory: Repository.root
        ).run()
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(arguments: [
        ("links", "docs/a.md", "[one](b.md)", "docs/a.md:1: b.md does not exist"),
        ("links", "a.md", "[one](/etc/passwd)", "a.md:1: /etc/passwd is not a relative link"),
        ("links", "a.md", "# Title\n\n[one](#other-title)", "a.md:3: #other-title: no such heading"),
        ("json", "a.json", "{\"a\": 1,}", "a.json: not well-formed JSON"),
        ("json", "a.json", "", "a.json: not well-formed JSON"),
        ("json", "a.json", "{} {", "a.json: not well-formed JSON"),
        ("shell", "tool", "#!/bin/sh\nif\n", "tool"),
        ("shell", "tool", "#!/usr/bin/env bash\na=(\n", "tool"),
        ("words", "a.md", "see /wo" + "rk/main", "a.md:1:"),
        ("words", "Sources/A/a.swift", "// ../sha" + "red/thing", "Sources/A/a.swift:1:"),
        ("words", "a.txt", "issu" + "es show 2", "a.txt:1:"),
    ])
    func catches(check: String, file: String, text: String, complaint: String) async throws {
        for usesGit in [false, true] {
            let folder = try checkout(usesGit: usesGit)
            #expect(try await run(check, in: folder).status == 0)
            try folder.write(file, text, executable: true)
            let result = try await run(check, in: folder)
            #expect(result.status != 0)
            #expect(result.errors.contains(complaint), "\(result.errors)")
        }
    }

    @Test(arguments: [
        (
            "links", "docs/a.md",
            "# A title: its `code`, too\n[one](../b.md) `[no](no.md)` [two](#a-title-its-code-too) [web](https://swift.org)"
        ),
        ("links", "docs/a.md", "```\n[one](no.md)\n```\n"),
        ("words", "a.md", "homework/ and https://example.org/network/ are fine, and so are issues and sharing"),
        ("json", "a.json", "[false, null]"),
        ("json", "a.json", "null"),
        ("shell", "tool", "no script: if ( {"),
    ])
    func allows(check: String, file: String, text: String) async throws {
        let folder = try checkout(usesGit: false)
        try folder.write("b.md", "# B\n")
        try folder.write(file, text)
        let result = try await run(check, in: folder)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func whatGitIgnoresIsNotChecked() async throws {
        let folder = try checkout(usesGit: true)
        try folder.write(".gitignore", "lab-results/\n")
        try folder.write("lab-results/report.json", "{")
        #expect(try await run("json", in: folder).status == 0)
    }

    /// A folder that holds nothing but the checks.
    private func checkout(usesGit: Bool) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.copy([".ci"])
        if usesGit {
            // What git looks at to know a checkout; no need to start it.
            try folder.write(".git/HEAD", "ref: refs/heads/main\n")
            for path in ["objects", "refs"] {
                try FileManager.default.createDirectory(
                    at: folder.url.appending(path: ".git/\(path)"), withIntermediateDirectories: true)
            }
        }
        return folder
    }

    private func run(_ check: String, in folder: TemporaryFolder) async throws -> CommandResult {
        try await Command(program: folder.url.appending(path: ".ci/checks/\(check)"), directory: folder.url).run()
    }
}
