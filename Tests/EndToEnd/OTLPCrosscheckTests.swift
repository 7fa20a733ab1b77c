import Foundation
import TestSupport
import Testing

/// Both encodings of OTLP by way of `tools/crosscheck/otlp.py`, whose encoder is Google's.
///
/// Needs a Python with `opentelemetry-proto`: `TACHO_OTLP_PYTHON`, else the system's.
struct OTLPCrosscheckTests {
    private static let python =
        ProcessInfo.processInfo.environment["TACHO_OTLP_PYTHON"] ?? "/usr/bin/python3"
    private static let canRun: Bool = {
        let script = "import opentelemetry.proto.logs.v1.logs_pb2"
        return (try? Crosscheck.run([python, "-c", script]))?.status == 0  // No Python is no, too.
    }()

    @Test(.enabled(if: canRun, "needs opentelemetry-proto"), arguments: 1...3)
    func `random requests give the same events from JSON and from protobuf`(seed: Int) throws {
        let result = try Crosscheck.run([
            Self.python, Crosscheck.tools + "/otlp.py", "check", "\(seed)", "200",
        ])

        #expect(result.status == 0, "\(result.output)")
    }
}
