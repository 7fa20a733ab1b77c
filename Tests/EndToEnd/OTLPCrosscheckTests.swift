import Foundation
import TestSupport
import Testing

/// Both encodings of OTLP by way of `tools/crosscheck/otlp.py`, whose encoder is Google's.
///
/// Needs a Python with `opentelemetry-proto`: `TACHO_OTLP_PYTHON`, else the system's.
struct OTLPCrosscheckTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python =
        ProcessInfo.processInfo.environment["TACHO_OTLP_PYTHON"] ?? "/usr/bin/python3"
    private static let canRun: Bool = {
        let script = "import opentelemetry.proto.logs.v1.logs_pb2"
        return (try? run([python, "-c", script]))?.status == 0  // No Python is no, too.
    }()

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
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

    @Test(.enabled(if: canRun, "needs opentelemetry-proto"), arguments: 1...3)
    func `random requests give the same events from JSON and from protobuf`(seed: Int) throws {
        let result = try Self.run([
            Self.python, Self.root + "/tools/crosscheck/otlp.py", "check", "\(seed)", "200",
        ])

        #expect(result.status == 0, "\(result.output)")
    }
}
