import Foundation
import TachoLog
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A hook never fails and never loses a call, whatever is wrong with the store.
@Suite struct HookTests {
    private let payload = Data(#"{"session_id":"s1","hook_event_name":"Stop"}"#.utf8)

    private func call(_ program: Program, _ name: String) throws -> Program.Result {
        try name == "tacho"
            ? program.run("hook", input: payload) : program.run([], input: payload, name: name)
    }

    private func hookCount(_ store: String) throws -> Int {
        try LogReader.open(store).allLines().lines.count { $0.contains("\"type\":\"hook.Stop\"") }
    }

    @Test(arguments: ["tacho", "tacho-hook"])
    func `a store that is not there is made`(name: String) throws {
        let program = try Program()

        let result = try call(program, name)

        #expect(result.status == 0)
        #expect(result.output.isEmpty)
        #expect(result.errors.isEmpty)
        #expect(try hookCount(program.store) == 1)
    }

    @Test(arguments: ["tacho", "tacho-hook"])
    func `a store that cannot be made or written sends the call to the spool, and later to the log`(
        name: String
    ) throws {
        var program = try Program()
        // A file where the directory should be: also root cannot write into that.
        try Data("x".utf8).write(to: URL(fileURLWithPath: program.store))
        program.environment["TACHO_SPOOL"] = program.home.file("spool")

        let result = try call(program, name)

        #expect(result.status == 0)
        #expect(result.output.isEmpty)
        #expect(result.errors.isEmpty)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: program.home.file("spool")).count
                == 1)
        try FileManager.default.removeItem(atPath: program.store)
        let later = try program.run("import", SampleData.bundled + "/hooks/hooks-log.jsonl")
        #expect(later.status == 0)
        #expect(later.errors.contains("spool") || later.text.contains("spool"))
        #expect(
            try LogReader.open(program.store).allLines().lines
                .contains { $0.contains("\"source\":\"claude-code/hook\"") })
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: program.home.file("spool"))
                .isEmpty)
    }

    @Test(arguments: ["tacho", "tacho-hook"])
    func `a disk that takes nothing neither fails the agent nor harms the log`(name: String) throws
    {
        var program = try Program()
        _ = try call(program, name)
        program.environment["TACHO_SPOOL"] = program.home.file("spool")
        // The limit on file sizes stands in for a full disk: every write to the log fails.
        let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""
        let directory = Program.directory.appendingPathComponent(name).path
        let process = program.process([])
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, directory] + (name == "tacho" ? ["hook"] : [])
        let input = program.home.file("payload")
        try payload.write(to: URL(fileURLWithPath: input))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()

        #expect(process.terminationStatus == 0)
        #expect(printed.isEmpty)
        #expect(try hookCount(program.store) == 1, "the log is as it was")
        // Nothing at all can be written under that limit, so nothing is in the spool either; the
        // next call, with room again, goes through.
        #expect(try call(program, name).status == 0)
        #expect(try hookCount(program.store) == 2)
    }

    @Test(arguments: ["tacho", "tacho-hook"])
    func `an input that is no JSON object is kept aside without a word`(name: String) throws {
        let program = try Program()
        _ = try call(program, name)

        let inputs = ["", "not json", "[1]", "{\"a\":", "\u{0}\u{1}"]
        for input in inputs {
            let result =
                try name == "tacho"
                ? program.run("hook", input: Data(input.utf8))
                : program.run([], input: Data(input.utf8), name: name)
            #expect(result.status == 0)
            #expect(result.output.isEmpty)
            #expect(result.errors.isEmpty)
        }
        let directory = program.store + "/quarantine"
        let files = try FileManager.default.contentsOfDirectory(atPath: directory)
        let kept = try files.flatMap { file in
            try String(contentsOfFile: directory + "/" + file, encoding: .utf8)
                .split(separator: "\n")
                .map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        }
        #expect(kept.map { $0?["text"] as? String } == inputs)
        #expect(try hookCount(program.store) == 1)
    }
}
