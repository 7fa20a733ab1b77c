import Foundation
import TestSupport
import Testing

/// `tacho github sync` against a `gh` that prints what it is told to.
@Suite struct GitHubSyncTests {
    /// A program with a `gh` on its path that says these things, and logs how it is called.
    private func program(
        issues: String = "[]", pulls: String = "[]", exit status: Int = 0
    ) throws -> Program {
        var program = try Program()
        let script = """
            #!/bin/sh
            echo "$@" >> "\(program.home.file("calls"))"
            case "$1" in
            repo) echo '{"nameWithOwner":"o/n"}' ;;
            issue) cat "\(program.home.file("issues"))" ;;
            pr) cat "\(program.home.file("pulls"))" ;;
            esac
            exit \(status)
            """
        try FileManager.default.createDirectory(
            atPath: program.home.file("bin"), withIntermediateDirectories: false)
        let path = program.home.file("bin/gh")
        try Data(script.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        try Data(issues.utf8).write(to: URL(fileURLWithPath: program.home.file("issues")))
        try Data(pulls.utf8).write(to: URL(fileURLWithPath: program.home.file("pulls")))
        program.environment["PATH"] = program.home.file("bin") + ":/usr/bin:/bin"
        return program
    }

    private let issues =
        #"[{"number":8,"state":"OPEN","title":"New","updatedAt":"2026-01-02T12:00:00Z"},{"number":7,"state":"CLOSED","title":"Old","url":"https://github.com/o/n/issues/7","updatedAt":"2026-01-02T11:00:00Z"}]"#
    private let pulls =
        "[\n {\"number\":12,\"state\":\"MERGED\",\"headRefName\":\"feature-issue-7-adw-a1b2c3d4-x\",\"createdAt\":\"2026-01-02T10:00:00Z\",\"mergedAt\":\"2026-01-02T11:00:00Z\",\"updatedAt\":\"2026-01-02T11:00:00Z\",\"reviews\":[{\"id\":\"PRR_1\",\"state\":\"APPROVED\"}]}\n]\n"

    @Test func `what gh prints becomes events, and a second sync adds nothing`() throws {
        let program = try program(issues: issues, pulls: pulls)
        try program.append(
            [#"{"issue_number":7}"#], type: "state.snapshot", stream: "a1b2c3d4")

        let first = try program.run("github", "sync", "--json")
        let second = try program.run("github", "sync", "--repo", "o/n", "--json")

        #expect(first.status == 0)
        #expect(try first.rows().compactMap { $0["new"] as? Int } == [2, 1])
        #expect(try second.rows().compactMap { $0["new"] as? Int } == [0, 0])
        #expect(try second.rows().compactMap { $0["duplicates"] as? Int } == [2, 1])
        let lines = try program.run("cat", "--type", "github.*").lines
        #expect(lines.count == 3)
        #expect(lines[0].contains(#""stream":"o/n","type":"github.issue","source":"github/sync""#))
        #expect(lines[0].contains(#""number":7"#), "oldest first")
        let artifacts = try program.run("table", "github_artifacts", "--json").rows()
        #expect(artifacts.count == 4)
        let workflow = try #require(
            try program.run("table", "workflow_history", "--json").rows().first)
        #expect(workflow["gh_issue_state"] as? String == "closed")
        #expect(workflow["pr_merged"] as? Bool == true)
        #expect(workflow["time_to_merge_hours"] as? Double == 1)
        #expect(workflow["review_cycles"] as? Int == 1)
    }

    @Test func `an object that has changed is added`() throws {
        let program = try program(issues: issues)
        _ = try program.run("github", "sync", "--repo", "o/n")
        try Data(issues.replacing("OPEN", with: "CLOSED").utf8).write(
            to: URL(fileURLWithPath: program.home.file("issues")))

        let second = try program.run("github", "sync", "--repo", "o/n", "--json")

        #expect(try second.rows().compactMap { $0["new"] as? Int } == [1, 0])
    }

    @Test func `a dry run appends nothing`() throws {
        let program = try program(issues: issues)

        let result = try program.run("github", "sync", "--repo", "o/n", "--limit", "5", "--dry-run")

        #expect(result.status == 0)
        #expect(!FileManager.default.fileExists(atPath: program.store))
        let calls = try String(contentsOfFile: program.home.file("calls"), encoding: .utf8)
        #expect(calls.hasPrefix("issue list --repo o/n --state all --limit 5 --json number,"))
    }

    @Test func `without gh it says where to get it`() throws {
        var program = try program()
        program.environment["PATH"] = program.home.path

        let result = try program.run("github", "sync", "--repo", "o/n")

        #expect(result.status == 1)
        #expect(result.errors.contains("https://cli.github.com"))
        #expect(!FileManager.default.fileExists(atPath: program.store))
    }

    @Test func `a gh that fails or prints something else appends nothing`() throws {
        let failing = try program(issues: issues, exit: 4)
        let odd = try program(issues: "[{}]")
        let cut = try program(issues: "[{\"number\":1")

        let failed = try failing.run("github", "sync", "--repo", "o/n")
        let unexpected = try odd.run("github", "sync", "--repo", "o/n")

        #expect(failed.status == 69)
        #expect(failed.errors.contains("gh auth status"))
        #expect(unexpected.status == 1)
        #expect(try cut.run("github", "sync", "--repo", "o/n").status == 1)
        #expect(try odd.run("github", "sync", "--repo", "o").status == 2)
        for program in [failing, odd, cut] {
            #expect(!FileManager.default.fileExists(atPath: program.store))
        }
    }
}
