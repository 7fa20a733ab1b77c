package import TachoCapture
internal import TachoJSON
internal import TachoLog

/// What a status line says, from what the agent gives it and the end of the log.
///
/// Whatever is not known is left out: an input that is no JSON gives a line with nothing of it.
///
/// Source: ecosystem §3.2.
package struct StatusLine: Hashable, Sendable {
    package private(set) var model: String?
    package private(set) var workflow: String?
    /// Of this session, by the agent's own estimate.
    package private(set) var sessionCostUSD: Double?
    /// Of the context window, input side: 0 to 100.
    package private(set) var contextPercent: Double?
    package private(set) var failures: SessionFailures?

    /// - Parameters:
    ///   - input: One JSON object, as the agent writes it.
    ///   - environment: What surrounds the process.
    ///   - store: The store's directory.
    package init(_ input: [UInt8], environment: HookEnvironment, store: String) {
        var session: [UInt8]?
        var directory: [UInt8]?
        if (try? JSON.validate(input)) == .object {  // Else nothing is known of it.
            input.withUnsafeBytes { bytes in
                let view = JSONView(validated: bytes)
                session = view["session_id"]?.text()
                directory = view["cwd"]?.text() ?? view.field("workspace", "current_dir")?.text()
                read(view)
            }
        }
        var environment = environment
        if let directory { environment.currentDirectory = directory }
        workflow =
            WorkflowID.derive(
                workflowID: environment.workflowID, adwID: environment.adwID,
                currentDirectory: environment.currentDirectory
            ).flatMap { WorkflowID.stream($0) }?.description
        failures = session.flatMap { SessionFailures(session: $0, store: store) }
    }

    private mutating func read(_ view: JSONView) {
        model = view.field("model", "display_name")?.string() ?? view.field("model", "id")?.string()
        sessionCostUSD = view.field("cost", "total_cost_usd")?.double()
        guard let window = view["context_window"] else { return }
        if let percent = window["used_percentage"]?.double() {
            contextPercent = percent
        } else if let size = window["context_window_size"]?.double(), size > 0,
            let usage = window["current_usage"], usage.kind == .object
        {
            let names: [StaticString] = [
                "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
            ]
            contextPercent = 100 * names.reduce(0) { $0 + (usage[$1]?.double() ?? 0) } / size
        }
    }

    /// The parts in their order, each a few words.
    package var parts: [String] {
        var parts: [String] = []
        if let model { parts.append(model) }
        if let workflow { parts.append(workflow) }
        if let sessionCostUSD, (0..<1e9).contains(sessionCostUSD) {
            parts.append("session $" + Self.cents(sessionCostUSD))
        }
        if let contextPercent, (0...1000).contains(contextPercent) {
            // Not by colour alone: the sign says that it is getting full.
            let percent = Int(contextPercent.rounded())
            parts.append("context \(percent)%" + (percent >= 80 ? "!" : ""))
        }
        if let failures, failures.count > 0 || failures.isComplete {
            parts.append(
                "\(failures.count)\(failures.isComplete ? "" : "+") "
                    + (failures.count == 1 && failures.isComplete ? "error" : "errors"))
        }
        return parts
    }

    private static func cents(_ dollars: Double) -> String {
        let cents = Int((dollars * 100).rounded())
        return "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
    }
}

/// Calls of tools that failed in a session, as far as the end of the log tells.
package struct SessionFailures: Hashable, Sendable {
    package private(set) var count = 0
    /// Whether the session's beginning was seen, so that there are no more.
    package private(set) var isComplete = false

    /// A status line has milliseconds: no more than this is read, whatever the log's size is.
    private static let byteCountLimit = 256 << 10

    /// Reads the end of the active segment, without a lock; `nil` if there is none.
    init?(session: [UInt8], store: String) {
        guard let (tail, isWhole) = Self.tail(of: store) else { return nil }
        // The only file of the log, from its first byte on: nothing came before.
        isComplete = isWhole
        tail.withUnsafeBytes { bytes in
            var start = 0
            while let end = bytes[start...].firstIndex(of: 0x0A) {
                let line = UnsafeRawBufferPointer(rebasing: bytes[start...end])
                if let record = RecordView(line: line) { take(record, session) }
                start = end + 1
            }
        }
    }

    private mutating func take(_ record: RecordView, _ session: [UInt8]) {
        guard record.type.starts(with: "hook.".utf8) else { return }
        let view = JSONView(validated: record.data)
        guard view["session_id"]?.text() == session else { return }
        switch String(decoding: record.type.dropFirst(5), as: UTF8.self) {
        case "SessionStart":
            // A resumed session has begun before.
            if view["source"]?.string() == "startup" { isComplete = true }
        case "PostToolUseFailure", "StopFailure": count += 1
        default: break
        }
    }

    private static func tail(of store: String) -> (bytes: [UInt8], isWhole: Bool)? {
        let fileSystem = RealFileSystem()
        let layout = StoreLayout(store)
        // What cannot be read is not known; the line does without.
        guard let names = try? fileSystem.list(layout.log),
            let name = names.last(where: { $0.hasSuffix(".active.jsonl") }),
            let file = try? fileSystem.open(layout.logFile(name), .read)
        else { return nil }
        defer { fileSystem.close(file) }
        guard let byteCount = try? fileSystem.byteCount(of: file) else { return nil }
        let offset = max(0, byteCount - byteCountLimit)
        guard
            let bytes = try? fileSystem.readUpTo(
                file, name, at: offset, byteCount: byteCount - offset)
        else { return nil }
        // A line that is cut off in front is no record, and is passed over.
        return (bytes, offset == 0 && names.count == 1)
    }
}
