import TachoEvents
import TachoJSON
import TachoLog

// The cells of a call's row, and what goes before what where several sources know something.

extension ToolCallsProjector {
    // MARK: Who saw it

    func note(_ witness: Witness, _ row: Int, _ event: Event, _ table: inout Table) {
        let column = witness.column
        let isFirst = table.isUnknown(column, row)
        table.add(1, to: column, of: row)
        table.touch(row, at: event)
        guard isFirst else { return }
        var known = 0
        for witness in Witness.allCases where !table.isUnknown(witness.column, row) {
            known |= 1 << witness.rawValue
        }
        table.set(Column.sources, of: row, text: Self.names[known])
    }

    /// The names of witnesses, by the set of those that are known: a bit for each.
    private static let names: [ByteString] = (0..<1 << Witness.allCases.count).map { known in
        let names = Witness.allCases.filter { known >> $0.rawValue & 1 == 1 }.map { "\($0.name)" }
        return ByteString(Array(names.joined(separator: ",").utf8))
    }

    // MARK: What was called

    func setInput(_ input: JSONView?, _ row: Int, _ table: inout Table) {
        guard let input, table.isUnknown(Column.toolParams, row) else { return }
        setBounded(input, Column.toolParams, row, &table)
        setArguments(input, row, &table)
    }

    /// Keeps a value of up to 512 bytes, of a larger one only its size.
    ///
    /// Whole files are written by calls; the event at `created_position` has them. Half of a table of
    /// real calls was inputs above this size, of a fifth of the calls.
    func setBounded(_ value: JSONView?, _ column: Column, _ row: Int, _ table: inout Table) {
        guard let bytes = value?.bytes, table.isUnknown(column, row) else { return }
        guard bytes.count > Self.paramsByteLimit else {
            table.set(column, of: row, json: bytes)
            return
        }
        var marker = Array("{\"truncated\":true,\"byte_count\":".utf8)
        marker.appendDigits(bytes.count)
        marker.append(UInt8(ascii: "}"))
        table.set(column, of: row, json: marker)
    }

    /// The argument a person would name the call by: most tools have one of these.
    func setArguments(_ input: JSONView, _ row: Int, _ table: inout Table) {
        var command: (rank: Int, value: JSONView)?
        var path: JSONView?
        JSONMembers(input).forEach { key, value in
            if let rank = Self.rank(ofArgument: key), rank < command?.rank ?? .max {
                command = (rank, value)
            }
            if path == nil, Self.isPath(key) { path = value }
            return true
        }
        if let command, table.isUnknown(Column.command, row) {
            table.set(
                Column.command, of: row, text: command.value, limit: Self.argumentByteLimit)
        }
        if let path, table.isUnknown(Column.filePath, row) {
            table.set(Column.filePath, of: row, text: path, limit: Self.argumentByteLimit)
        }
    }

    private static func rank(ofArgument key: UnsafeRawBufferPointer) -> Int? {
        switch key.count {
        case 3: key.equals("url") ? 3 : key.equals("cmd") ? 0 : nil
        case 5: key.equals("query") ? 2 : key.equals("skill") ? 4 : nil
        case 7: key.equals("command") ? 0 : key.equals("pattern") ? 1 : nil
        case 11: key.equals("description") ? 5 : nil
        default: nil
        }
    }

    private static func isPath(_ key: UnsafeRawBufferPointer) -> Bool {
        switch key.count {
        case 4: key.equals("path")
        case 9: key.equals("file_path")
        case 13: key.equals("notebook_path") || key.equals("absolute_path")
        default: false
        }
    }

    // MARK: When

    func setCalled(_ moment: Timestamp?, byHook: Bool, _ row: Int, _ table: inout Table) {
        set(moment, byHook: byHook, Column.calledAt, Column.isCalledByHook, row, &table)
    }

    func setCompleted(_ moment: Timestamp?, byHook: Bool, _ row: Int, _ table: inout Table) {
        set(moment, byHook: byHook, Column.completedAt, Column.isCompletedByHook, row, &table)
    }

    /// The first time told stays, but a hook's takes the place of another's.
    private func set(
        _ moment: Timestamp?, byHook: Bool, _ column: Column, _ flag: Column, _ row: Int,
        _ table: inout Table
    ) {
        guard let moment else { return }
        let isKnown = !table.isUnknown(column, row)
        guard !isKnown || byHook && table.boolean(flag, row) != true else { return }
        table.set(column, of: row, timestamp: moment)
        table.set(flag, of: row, boolean: byHook)
    }

    /// A duration that is told goes before one that follows from the times.
    func setDuration(_ reported: Int64?, _ row: Int, _ table: inout Table) {
        if let reported, reported >= 0 {
            table.set(Column.durationMs, of: row, integer: reported)
            table.set(Column.isDurationReported, of: row, boolean: true)
            return
        }
        // The end first: half of the time there is none yet.
        guard let completed = table.timestamp(Column.completedAt, row),
            table.boolean(Column.isDurationReported, row) != true,
            let called = table.timestamp(Column.calledAt, row)
        else { return }
        let (elapsed, overflow) = completed.microseconds.subtractingReportingOverflow(
            called.microseconds)
        let isPossible = !overflow && elapsed >= 0
        table.set(Column.durationMs, of: row, integer: isPossible ? elapsed / 1000 : nil)
    }

    // MARK: How it ended

    func setOutcome(_ outcome: Outcome, _ row: Int, _ table: inout Table) {
        if outcome == .pending, !table.isUnknown(Column.status, row) { return }
        let old = table.withText(Column.status, row) { Outcome(named: $0)?.rawValue } ?? nil
        guard outcome.rawValue > old ?? -1 else { return }
        table.set(Column.status, of: row, text: outcome.name)
        table.set(
            Column.success, of: row, boolean: outcome == .pending ? nil : outcome == .completed)
    }

    func setResultSize(_ result: JSONView, _ row: Int, _ table: inout Table) {
        guard table.isUnknown(Column.resultByteCount, row) else { return }
        table.set(Column.resultByteCount, of: row, integer: Int64(result.bytes.count))
    }

    func setError(_ error: JSONView?, _ row: Int, _ table: inout Table) {
        guard let error, table.isUnknown(Column.errorMessage, row) else { return }
        table.set(Column.errorMessage, of: row, text: error, limit: Self.errorByteLimit)
        if let code = error.withText({ Self.exitCode(inError: $0) }) ?? nil {
            table.set(Column.exitCode, of: row, integer: code)
        }
    }

    /// A failed command's error begins with `Exit code 2`.
    static func exitCode(inError text: UnsafeRawBufferPointer) -> Int64? {
        let rest = text.dropping(prefix: "Exit code ")
        guard rest.count < text.count else { return nil }
        let digits = rest.prefix { $0 &- 0x30 < 10 }
        return digits.count <= 9 ? Int64(String(decoding: digits, as: UTF8.self)) : nil
    }
}

extension ToolCallsProjector.Witness {
    var column: ToolCallsProjector.Column {
        switch self {
        case .hook: .hookCount
        case .transcript: .transcriptCount
        case .output: .outputCount
        case .record: .recordCount
        case .telemetry: .telemetryCount
        }
    }

    var name: StaticString {
        switch self {
        case .hook: "hook"
        case .transcript: "transcript"
        case .output: "output"
        case .record: "record"
        case .telemetry: "telemetry"
        }
    }
}

extension ToolCallsProjector.Outcome {
    init?(named name: UnsafeRawBufferPointer) {
        guard let found = Self.allCases.first(where: { name.equals($0.name) }) else { return nil }
        self = found
    }

    var name: StaticString {
        switch self {
        case .pending: "pending"
        case .completed: "completed"
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .denied: "denied"
        }
    }
}
