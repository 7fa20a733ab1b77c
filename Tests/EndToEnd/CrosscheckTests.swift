import Foundation
import TestSupport
import Testing

/// Tokens and costs against `tools/crosscheck/usage.py`, which shares no code with Tacho.
///
/// With real files: `tools/crosscheck/run DIR`.
struct CrosscheckTests {
    private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    @Test(.enabled(if: hasPython, "needs python3"), arguments: 1...3)
    func `hostile logs are counted alike, to the token and the pico-dollar`(seed: Int) throws {
        let directory = try TemporaryDirectory()
        let made = try Crosscheck.run([
            "python3", Crosscheck.tools + "/hostile.py", "\(seed)", directory.file("logs"),
        ])
        #expect(made.status == 0, "\(made.output)")

        let result = try Crosscheck.run([Crosscheck.tools + "/run", directory.file("logs")])

        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("equal to the token and the pico-dollar"))
    }

    @Test(.enabled(if: hasPython, "needs python3"), arguments: 1...6)
    func `forks, sessions of lines, and telemetry beside files are counted alike`(seed: Int) throws
    {
        let directory = try TemporaryDirectory()
        let made = try Crosscheck.run([
            "python3", Crosscheck.tools + "/formats.py", "\(seed)", directory.file("logs"),
        ])
        #expect(made.status == 0, "\(made.output)")

        let result = try Crosscheck.run([Crosscheck.tools + "/run", directory.file("logs")])

        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("equal to the token and the pico-dollar"))
    }

    @Test(.enabled(if: hasPython, "needs python3"))
    func `the check finds a token too many`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("s.jsonl")
        let line =
            #"{"type":"assistant","sessionId":"s","uuid":"u","message":{"id":"a","model":"claude-opus-5","usage":{"input_tokens":5}}}"#
        try Data((line + "\n").utf8).write(to: URL(fileURLWithPath: path))
        let group =
            #"{"model":"claude-opus-5","messages":1,"unpriced_messages":0,"input_tokens":6,"output_tokens":0,"cache_write_5m_tokens":0,"cache_write_1h_tokens":0,"cache_read_tokens":0,"web_searches":0,"cost":"0.000025","reported_cost":null}"#
        try Data(#"{"data":{"groups":[\#(group)]}}"#.utf8)
            .write(to: URL(fileURLWithPath: directory.file("cost.json")))

        let result = try Crosscheck.run([
            "python3", Crosscheck.tools + "/usage.py", path, "--compare",
            directory.file("cost.json"),
        ])

        #expect(result.status == 1)
        #expect(result.output.contains("input 5 here, 6 in tacho"))
    }
}
