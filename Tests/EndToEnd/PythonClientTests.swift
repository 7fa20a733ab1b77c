import Foundation
import TestSupport
import Testing

private enum Python {
    /// `nil`, with the reason printed, where this machine has none.
    static let path: String? = {
        let found = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        if found == nil { print("skipped: no python3 on this machine; the client is not tested") }
        return found
    }()
}

/// `tools/python/tacho.py` with a real `python3`, through the program and through the spool.
@Suite struct PythonClientTests {
    private static let client = SampleData.packageRoot + "/tools/python"

    private static let script = """
        from datetime import datetime, timedelta
        import tacho
        started = datetime.now() - timedelta(seconds=90)
        tacho.log_phase_start("a1b2c3d4", 42, "Build", 3, "adw_sdlc_iso")
        tacho.log_phase_completion("a1b2c3d4", 42, "Build", 3, True, started)
        tacho.log_task_completion("a1b2c3d4", 42, "Test", 5, False, "3 tests failed", "exit code 1")
        tacho.track_pattern_execution("run_tests", "a1b2c3d4", 1200, 0.02, True)
        logger = tacho.ADWStructuredLogger(adw_id="a1b2c3d4", issue_number=42)
        logger.log_phase("Review", "skipped", {"phase_number": 6})
        logger.log_workflow("workflow_failed", {"duration_seconds": 120, "error_message": "tests"})
        """

    private func python(_ program: Program, _ arguments: [String]) throws -> (Int32, String) {
        let process = program.process(arguments)
        process.executableURL = URL(fileURLWithPath: try #require(Python.path))
        process.environment?["PYTHONPATH"] = Self.client
        process.environment?["PYTHONDONTWRITEBYTECODE"] = "1"
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private func expectTables(_ program: Program) throws {
        let tasks = try program.run("table", "task_logs", "--json").rows()
        #expect(
            tasks.compactMap { $0["phase_status"] as? String }
                == ["started", "completed", "failed", "skipped"])
        #expect(tasks.allSatisfy { $0["adw_id"] as? String == "a1b2c3d4" })
        #expect(tasks.map { $0["phase_number"] as? Int } == [3, 3, 5, 6])
        #expect(tasks.dropFirst(2).first?["error_message"] as? String == "exit code 1")
        let workflows = try program.run("table", "workflow_history", "--json").rows()
        #expect(workflows.count == 1)
        #expect(workflows.first?["adw_id"] as? String == "a1b2c3d4")
        #expect(workflows.first?["status"] as? String == "failed")
        #expect(workflows.first?["issue_number"] as? Int == 42)
        let patterns = try program.run("cat", "--type", "pattern.executed").lines
        #expect(patterns.count == 1)
    }

    @Test(.enabled(if: Python.path != nil))
    func `what a script logs is in the tables when it has ended`() throws {
        var program = try Program()
        program.environment["TACHO_BIN"] = Program.directory.appendingPathComponent("tacho").path

        let (status, printed) = try python(program, ["-c", Self.script])

        #expect(status == 0)
        #expect(printed == "", "a client says nothing")
        try expectTables(program)
    }

    @Test(.enabled(if: Python.path != nil))
    func `without the program it waits in the spool for the next append`() throws {
        let program = try Program()

        let (status, printed) = try python(program, ["-c", Self.script])
        #expect(status == 0)
        #expect(printed == "")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: program.store + "/spool").count
                == 6)
        try program.append(["{\"a\":1}"])

        #expect(
            try FileManager.default.contentsOfDirectory(atPath: program.store + "/spool").isEmpty)
        try expectTables(program)
    }

    @Test(.enabled(if: Python.path != nil))
    func `the client's own tests pass`() throws {
        let (status, printed) = try python(try Program(), ["-m", "unittest", "test_tacho"])

        #expect(status == 0, "\(printed)")
    }
}
