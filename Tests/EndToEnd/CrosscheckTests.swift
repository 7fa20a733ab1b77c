import Foundation
import TestSupport
import Testing

/// Tokens and costs against `tools/crosscheck/usage.py`, which shares no code with Tacho.
///
/// With real files: `tools/crosscheck/run DIR`.
struct CrosscheckTests {
    private static let tools = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("tools/crosscheck").path
    private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": directory.path,
            "TACHO": Program.directory.appendingPathComponent("tacho").path,
        ]
        let output = try Program.newFile(directory.file("out"))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        let text = try Data(contentsOf: URL(fileURLWithPath: directory.file("out")))
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    @Test(.enabled(if: hasPython, "needs python3"), arguments: 1...3)
    func `hostile logs are counted alike, to the token and the pico-dollar`(seed: Int) throws {
        let directory = try TemporaryDirectory()
        let made = try run([
            "python3", Self.tools + "/hostile.py", "\(seed)", directory.file("logs"),
        ])
        #expect(made.status == 0, "\(made.output)")

        let result = try run([Self.tools + "/run", directory.file("logs")])

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

        let result = try run([
            "python3", Self.tools + "/usage.py", path, "--compare", directory.file("cost.json"),
        ])

        #expect(result.status == 1)
        #expect(result.output.contains("input 5 here, 6 in tacho"))
    }
}
