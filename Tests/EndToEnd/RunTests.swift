import Foundation
import TachoLog
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// `tacho run` is invisible to the command, and says what came of it.
@Suite struct RunTests {
    private func events(_ program: Program) throws -> [[String: Any]] {
        try LogReader.open(program.store).allLines().lines.compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    private func types(_ program: Program) throws -> [String] {
        try events(program).compactMap { $0["type"] as? String }
    }

    private func last(_ program: Program) throws -> [String: Any] {
        try #require(try events(program).last?["data"] as? [String: Any])
    }

    @Test func `a command that succeeds is a completed phase with a sample`() throws {
        let program = try Program()

        let result = try program.run(
            "run", "--adw-id", "a1b2c3d4", "--phase", "Build", "--issue", "7", "--", "true")

        #expect(result.status == 0)
        #expect(result.output.isEmpty)
        #expect(result.errors.isEmpty)
        #expect(try types(program) == ["phase.started", "resource.sampled", "phase.completed"])
        let streams = try events(program).compactMap { $0["stream"] as? String }
        #expect(Set(streams) == ["a1b2c3d4"])
        let data = try last(program)
        #expect(data["phase_name"] as? String == "Build")
        #expect(data["issue_number"] as? Int == 7)
        #expect(data["exit_code"] as? Int == 0)
        #expect((data["duration_seconds"] as? Double).map { $0 >= 0 } == true)
        #expect(data["command"] as? [String] == ["true"])
        let row = try #require(
            try program.run("table", "phase_dependencies", "--json").rows().first)
        #expect(row["phase"] as? String == "build")
        #expect(row["status"] as? String == "completed")
    }

    @Test func `an exit code is passed on, and makes a failed phase`() throws {
        let program = try Program()

        let result = try program.run("run", "--adw-id", "w1", "--", "sh", "-c", "exit 7")

        #expect(result.status == 7)
        let data = try last(program)
        #expect(data["phase_status"] as? String == "failed")
        #expect(data["phase_name"] as? String == "sh")
        #expect(data["exit_code"] as? Int == 7)
        #expect(data["error_message"] as? String == "exit code 7")
        #expect(try program.run("run", "--", "false").status == 1)
    }

    @Test func `a command that a signal kills ends with 128 and its number`() throws {
        let program = try Program()

        let result = try program.run("run", "--adw-id", "w1", "--", "sh", "-c", "kill -9 $$")

        #expect(result.status == 137)
        let data = try last(program)
        #expect(data["signal"] as? Int == 9)
        #expect(data["exit_code"] as? Int == 137)
        #expect(data["error_message"] as? String == "killed by signal 9")
    }

    @Test func `a command that is not there ends with 127, one that is no program with 126`()
        throws
    {
        let program = try Program()

        let missing = try program.run("run", "--adw-id", "w1", "--", "no-such-command-anywhere")
        let directory = try program.run("run", "--adw-id", "w1", "--", "/")

        #expect(missing.status == 127)
        #expect(missing.errors.contains("no-such-command-anywhere: command not found"))
        #expect(directory.status == 126)
        #expect(
            try types(program) == [
                "phase.started", "phase.failed", "phase.started", "phase.failed",
            ])
        #expect(try program.run("run", "--adw-id", "w1").status == 2)
    }

    @Test func `input, output, errors, arguments, and environment are the command's own`() throws {
        var program = try Program()
        program.environment["WORKFLOW_ID"] = "wf-other"

        let script =
            "cat; echo \"$1|$2\"; echo $ADW_ID $TACHO_ADW_ID $WORKFLOW_ID $TACHO_STORE; echo e >&2"
        let result = try program.run(
            "run", "--adw-id", "w1", "--", "sh", "-c", script, "x", "--store", "a b",
            input: Data("in\n".utf8))

        #expect(result.lines == ["in", "--store|a b", "w1 w1 wf-w1 \(program.store)"])
        #expect(result.errors == "e\n")
    }

    @Test func `what a command started is part of it, and is counted while it runs`() throws {
        let program = try Program()

        let result = try program.run(
            "run", "--adw-id", "w1", "--phase", "Fork", "--every", "0.05", "--", "sh", "-c",
            "sleep 0.6 & sleep 0.5 & wait")

        #expect(result.status == 0)
        let rows = try program.run(
            "table", "resource_snapshots", "--json", "--where", "phase=Fork"
        ).rows()
        #expect(!rows.isEmpty)
        #if os(Linux)
            #expect(rows.contains { ($0["process_count"] as? Int).map { $0 >= 3 } == true })
            #expect(rows.contains { ($0["rss_bytes"] as? Int).map { $0 > 0 } == true })
        #endif
        #expect((try last(program)["peak_rss_bytes"] as? Int).map { $0 > 0 } == true)
        #expect(rows.allSatisfy { ($0["disk_free_bytes"] as? Int).map { $0 > 0 } == true })
    }

    @Test func `signals are passed on to the command and its children`() throws {
        let program = try Program()
        let (ready, told) = (program.home.file("ready"), program.home.file("told"))
        let child = program.home.file("child.sh")
        try Data(
            """
            trap 'echo > "\(told)"; exit' TERM
            echo > "\(ready)"
            while :; do sleep 0.01; done
            """.utf8
        ).write(to: URL(fileURLWithPath: child))
        let process = program.process([
            "run", "--adw-id", "w1", "--every", "0", "--", "sh", "-c",
            "trap 'wait; exit 9' TERM; sh '\(child)' & wait",
        ])
        try process.run()
        while !FileManager.default.fileExists(atPath: ready) { sched_yield() }

        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()

        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 9)
        #expect(FileManager.default.fileExists(atPath: told))
        #expect(try last(program)["exit_code"] as? Int == 9)
    }

    @Test func `a store that cannot be written changes nothing for the command`() throws {
        var program = try Program()
        // A file where the directory should be: also root cannot write into that.
        try Data("x".utf8).write(to: URL(fileURLWithPath: program.store))
        program.environment["TACHO_SPOOL"] = program.home.file("spool")

        let result = try program.run("run", "--adw-id", "w1", "--", "sh", "-c", "echo out; exit 3")

        #expect(result.status == 3)
        #expect(result.lines == ["out"])
        #expect(result.errors.isEmpty)
        let spooled = try FileManager.default.contentsOfDirectory(
            atPath: program.home.file("spool"))
        #expect(spooled.count == 3)
        try FileManager.default.removeItem(atPath: program.store)
        try program.append(["{}"])
        let taken = Set(try types(program))
        #expect(taken == ["phase.started", "resource.sampled", "phase.failed", "test.event"])
    }

    @Test func `a workflow is found as for a hook, and made where there is none`() throws {
        var program = try Program()
        _ = try program.run("run", "--", "true")
        let made = try #require(try events(program).first?["stream"] as? String)
        program.environment["ADW_ID"] = "w7"
        _ = try program.run("run", "--", "true")
        program.environment["TACHO_ADW_ID"] = "w8"
        _ = try program.run("run", "--", "true")

        let streams = try events(program).compactMap { $0["stream"] as? String }

        #expect(made.utf8.count == 8)
        #expect(made.allSatisfy { $0.isHexDigit })
        #expect(streams.contains("w7"))
        #expect(streams.last == "w8")
    }
}
