import TachoJSON
package import TachoLog

/// The text that Codex gives the model of a call, where it says how the call went.
///
/// ```
/// Chunk ID: 2238c8                          Exit code: 0
/// Wall time: 0.1597 seconds                 Wall time: 0 seconds
/// Process exited with code 0                Output:
/// Output:
/// ```
///
/// Versions of 2025 wrote `{"output":"…","metadata":{"exit_code":0,"duration_seconds":0.1}}`.
package struct CodexOutput {
    package private(set) var exitCode: Int64?
    /// Milliseconds.
    package private(set) var duration: Int64?
    package private(set) var outcome = AgentCallResult.Outcome.completed
    package private(set) var error: ByteString?

    /// Lines in front of the output.
    private static let headLineLimit = 8

    package init(_ text: UnsafeRawBufferPointer) {
        if text.hasPrefix("{\"output\":"), (try? JSON.validate(text)) != nil {
            // Text that only looks like it is read as lines.
            readDocument(JSONView(validated: text))
        } else {
            readLines(text)
        }
        if let exitCode, exitCode != 0, outcome == .completed { outcome = .failed }
    }

    private mutating func readDocument(_ document: JSONView) {
        let metadata = document["metadata"]
        exitCode = metadata?["exit_code"]?.integer()
        duration = metadata?["duration_seconds"]?.double().flatMap { Self.milliseconds($0) }
        error = document["output"]?.withText { $0.errorText }
    }

    private mutating func readLines(_ text: UnsafeRawBufferPointer) {
        let words: [(StaticString, AgentCallResult.Outcome)] = [
            ("aborted", .interrupted), ("exec command rejected", .denied),
            ("apply_patch verification failed", .failed), ("exec_command failed", .failed),
            ("failed to ", .failed), ("write_stdin failed", .failed),
        ]
        if let (_, outcome) = words.first(where: { text.hasPrefix($0.0) }) {
            self.outcome = outcome
        }
        error = text.errorText
        var start = 0
        for _ in 0..<Self.headLineLimit {
            let end = text[start...].firstIndex(of: 0x0A) ?? text.count
            let line = UnsafeRawBufferPointer(rebasing: text[start..<end])
            let rest = UnsafeRawBufferPointer(rebasing: text[min(end + 1, text.count)...])
            if line.equals("Output:") {
                error = rest.errorText
                return
            }
            take(line)
            guard end < text.count else { return }
            start = end + 1
        }
    }

    private mutating func take(_ line: UnsafeRawBufferPointer) {
        for prefix in ["Process exited with code ", "Exit code: "] as [StaticString]
        where line.hasPrefix(prefix) {
            let digits = String(decoding: line.dropping(prefix: prefix), as: UTF8.self)
            exitCode = Int32(digits).map { Int64($0) }
        }
        if line.hasPrefix("Wall time: ") {
            let words = line.dropping(prefix: "Wall time: ").split(separator: 0x20)
            let seconds = words.first.flatMap { Double(String(decoding: $0, as: UTF8.self)) }
            duration = seconds.flatMap { Self.milliseconds($0) }
        }
    }

    private static func milliseconds(_ seconds: Double) -> Int64? {
        guard seconds >= 0, seconds < 1e9 else { return nil }
        return Int64((seconds * 1000).rounded(.towardZero))
    }
}
