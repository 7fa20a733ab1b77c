/// What a phase records about the tools it calls.
///
/// A call's failure is recorded and goes no further: the phase fails only if it fails itself.
///
/// Source: semantics §2.4, golden `tool_call_tracker`.
package struct ToolCallTracker: Sendable {
    package enum Outcome: Sendable {
        /// A process that ran.
        case process(exitCode: Int, errorOutput: String)
        /// A value; its text is kept if it is captured.
        case value(String, isCaptured: Bool)
        /// Something that was thrown, or a program that is not there.
        case failure(kind: String, message: String)
    }

    package struct Call: Sendable {
        package let tool: String
        package let isSuccess: Bool
        package let errorMessage: String?
        package let resultSummary: String?
    }

    package let phase: String
    package let phaseNumber: Int
    package private(set) var calls: [Call] = []
    package private(set) var errorMessage: String?

    private static let errorLimit = 500
    private static let valueLimit = 200

    /// - Parameters:
    ///   - phase: Its name; the capitalised names have numbers.
    ///   - number: Takes the place of the name's number; 0 is not given.
    package init(phase: String, number: Int?) {
        self.phase = phase
        let given = number.flatMap { $0 == 0 ? nil : $0 }
        let index = PhaseSequence.phases(of: "adw_sdlc_complete_iso")?.firstIndex(of: phase)
        phaseNumber = given ?? index.map { $0 + 1 } ?? 0
    }

    package mutating func record(_ tool: String, _ outcome: Outcome) {
        let call =
            switch outcome {
            case .process(let code, let output):
                Call(
                    tool: tool, isSuccess: code == 0,
                    errorMessage: code == 0 ? nil : Self.exitMessage(code, output),
                    resultSummary: "returncode=\(code)")
            case .value(let text, let isCaptured):
                Call(
                    tool: tool, isSuccess: true, errorMessage: nil,
                    resultSummary: isCaptured ? Self.cut(text, Self.valueLimit) : nil)
            case .failure(let kind, let message):
                Call(
                    tool: tool, isSuccess: false,
                    errorMessage: "\(kind): " + Self.cut(message, Self.errorLimit),
                    resultSummary: nil)
            }
        calls.append(call)
    }

    /// Notes that the phase itself failed.
    package mutating func fail(kind: String, message: String) {
        errorMessage = "\(kind): \(message)"
    }

    package var status: String { errorMessage == nil ? "completed" : "failed" }

    /// Each tool once, in the order of their bytes.
    package var toolsUsed: [String] {
        Set(calls.map(\.tool)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package var successCount: Int { calls.count(where: \.isSuccess) }

    private static func exitMessage(_ code: Int, _ output: String) -> String {
        let message = "Non-zero exit code: \(code)"
        return output.isEmpty ? message : message + "\nStderr: \(cut(output, errorLimit))"
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }
}
