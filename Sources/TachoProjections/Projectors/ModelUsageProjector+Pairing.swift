import TachoEvents
import TachoJSON
import TachoLog

// Telemetry that names no request (Codex's, Gemini's, Claude Code's of some providers), and the
// session's own file, tell of the same call: whichever comes second finds the row of the first.
//
// They are taken for the same call if the session is the same, the models are not two, the counts are
// equal, and the moments lie within ``pairingMicroseconds``. Of an output that a transcript has as
// a placeholder only, telemetry's must not be less. A row is found once: two calls that are alike in
// all of that are two rows still, told twice each.

extension ModelUsageProjector {
    /// A record of a file is written when the answer begins or ends, telemetry's when it is over.
    ///
    /// The longest answers take minutes.
    static let pairingMicroseconds: Int64 = 300_000_000

    // MARK: Telemetry comes second

    /// The row of a session's file that no telemetry has told of yet.
    func rowByCounts(
        _ usage: MessageUsage, _ record: TelemetryRecord, _ event: Event, _ table: Table
    ) -> Int? {
        guard let session = record.sessionID?.text(), let time = event.time else { return nil }
        return nearest(to: time, in: ByteString(session), table) { row in
            table.isUnknown(Column.telemetryCount, row)
                && !table.text(Column.inputSource, row, equals: "result")
                && !table.text(Column.inputSource, row, equals: "session")
                && isSameModel(record.text("model")?.text(), row, table)
                && hasCounts(
                    row, usage,
                    isLowerBound: table.boolean(Column.outputIsLowerBound, row) == true, table)
        }
    }

    private func hasCounts(
        _ row: Int, _ told: MessageUsage, isLowerBound: Bool, _ table: Table
    ) -> Bool {
        func number(_ column: Column) -> Int64 { table.integer(column, row) ?? 0 }
        guard number(.inputTokens) == told.input ?? 0,
            number(.cacheReadTokens) == told.cacheRead ?? 0,
            number(.cacheCreationTokens) == told.cacheWrite ?? 0
        else { return false }
        let output = told.output ?? 0
        return isLowerBound
            ? number(.outputTokens) <= output : number(.outputTokens) == output
    }

    // MARK: The file comes second

    /// The row that telemetry has made of the same call.
    mutating func toldByCounts(
        _ line: UsageLine, _ event: Event, _ table: inout Table
    ) -> Int? {
        guard let session = line.session, isTold(session, table), let time = event.time else {
            return nil
        }
        let row = nearest(to: time, in: session, table) { row in
            isToldOnly(row, table) && isSameModel(line.model, row, table)
                && hasCounts(row, of: line, table)
        }
        // The file knows whom it asks; telemetry may not.
        if let row, let provider = line.provider {
            table.set(Column.provider, of: row, text: provider)
        }
        return row
    }

    private func hasCounts(_ row: Int, of line: UsageLine, _ table: Table) -> Bool {
        func number(_ column: Column) -> Int64 { table.integer(column, row) ?? 0 }
        let usage = line.usage
        guard number(.inputTokens) == usage.input ?? 0,
            number(.cacheReadTokens) == usage.cacheRead ?? 0,
            number(.cacheCreationTokens) == usage.cacheWrite ?? 0
        else { return false }
        let output = usage.output ?? 0
        return line.isFinal
            ? output == number(.outputTokens) : output <= number(.outputTokens)
    }

    mutating func noteTold(_ record: TelemetryRecord) {
        guard toldSessions != nil, let session = record.sessionID?.text() else { return }
        toldSessions?.insert(ByteString(session))
    }

    func isToldOnly(_ row: Int, _ table: Table) -> Bool {
        table.text(Column.inputSource, row, equals: "telemetry")
            && table.isUnknown(Column.messageID, row) && table.isUnknown(Column.requestID, row)
    }

    private mutating func isTold(_ session: ByteString, _ table: Table) -> Bool {
        if let toldSessions { return toldSessions.contains(session) }
        var told: Set<ByteString> = []
        for row in 0..<table.rowCount where isToldOnly(row, table) {
            if let session = table.text(Column.sessionID, row) { told.insert(session) }
        }
        toldSessions = told
        return told.contains(session)
    }

    // MARK: Both

    /// The row of a session nearest in time that fits; of two as near the first.
    ///
    /// - Complexity: O(rows of the session).
    private func nearest(
        to time: Timestamp, in session: ByteString, _ table: Table, where fits: (Int) -> Bool
    ) -> Int? {
        var found: (row: Int, distance: Int64)?
        for row in table.rows(where: Column.sessionID, equals: session) {
            guard let occurred = table.timestamp(Column.occurredAt, row) else { continue }
            let distance = abs(time.microseconds - occurred.microseconds)
            guard distance <= Self.pairingMicroseconds, distance < found?.distance ?? .max,
                fits(row)
            else { continue }
            found = (row, distance)
        }
        return found?.row
    }

    /// A provider's name of a model may have more around it: `us.anthropic.<model>-v1:0`.
    private func isSameModel(_ model: [UInt8]?, _ row: Int, _ table: Table) -> Bool {
        guard let model, let other = table.text(Column.model, row)?.bytes else { return true }
        return model == other || Self.isDecorated(model, other) || Self.isDecorated(other, model)
    }

    /// Whether `name` is `model` behind a dot or slash, or before a version of the provider's.
    private static func isDecorated(_ name: [UInt8], _ model: [UInt8]) -> Bool {
        guard !model.isEmpty, model.count < name.count else { return false }
        return (0...(name.count - model.count)).contains { start in
            guard name[start...].starts(with: model) else { return false }
            let rest = name[(start + model.count)...]
            let isBegin = start == 0 || "./".utf8.contains(name[start - 1])
            return isBegin
                && (rest.isEmpty || rest.starts(with: "-v".utf8)
                    || ":@".utf8.contains(rest[rest.startIndex]))
        }
    }
}
