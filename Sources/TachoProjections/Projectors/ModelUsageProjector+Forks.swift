import TachoEvents
import TachoJSON
import TachoLog

// Codex's forks and subagents: a session whose file begins with the history of another.
//
// The copies have the counts of the calls they are copies of, and mostly the moment of the copying.
// A call of a session is known by the session and the cumulative counts it led to: a copy is the call
// of the first session behind it, up the line, that has a call of the same cumulative and own counts
// from before the fork. What is written within a second of the fork and is nobody's is a copy of a
// file that was not read: it counts once, here, in that session's name, and the file folds onto it
// when it comes. With the first call that is neither the session's own begin, and nothing behind it is
// looked up again: whoever goes on from the same history may come to the same counts.
//
// Two hidden cells of the session's row keep this: `forked_from`, and `is_replaying` up to there.
//
// Source: what many who count Codex's tokens have met, as ccusage's issues 897 and 950.

extension ModelUsageProjector {
    /// Nobody's model has answered by then; what stands there was copied.
    private static let replayMicroseconds: Int64 = 1_000_000
    /// Forks of forks; a circle ends here too.
    private static let lineLimit = 64

    func beginReplay(of parent: ByteString, _ row: Int, _ table: inout Table) {
        // A file that was read before has begun it.
        guard table.isUnknown(Column.forkedFrom, row) else { return }
        table.set(Column.forkedFrom, of: row, text: parent)
        table.set(Column.isReplaying, of: row, boolean: true)
    }

    /// The name that a copied call has in the session it is of; `nil` for the session's own calls.
    func original(
        of usage: AgentUsage, _ context: Int, _ event: Event, _ table: inout Table
    ) -> ByteString? {
        guard let id = usage.id, let parent = table.text(Column.forkedFrom, context) else {
            return nil
        }
        // Copied once, always a copy: a file that was rewritten or has grown tells it again.
        let counts = id.bytes.dropFirst(event.stream.count)
        if table.boolean(Column.isReplaying, context) == true {
            let forked = table.timestamp(Column.occurredAt, context)
            if let found = copied(counts, usage, from: parent, at: forked, event, table) {
                return found
            }
            if Self.isWritten(event.time, atForkOf: forked) {
                return ByteString(parent.bytes + counts)
            }
            table.set(Column.isReplaying, of: context, boolean: false)
        }
        return nil
    }

    /// A call of the session's own, which the log has from a fork of it so far, is the session's, and
    /// of the moment it says.
    func takeBack(_ id: ByteString, _ event: Event, _ table: inout Table) {
        let stream = Array(event.stream)
        guard id.bytes.starts(with: stream + [UInt8(ascii: ":")]),
            let row = table.rows(where: Column.messageID, equals: id).first,
            let owner = table.text(Column.sessionID, row), owner.bytes != stream
        else { return }
        table.touch(row, at: event)
        table.add(
            table.integer(Column.lineCount, row) ?? 0, to: Column.inheritedCount, of: row)
        table.set(Column.lineCount, of: row, integer: 0)
        table.set(Column.sessionID, of: row, text: event.stream)
        table.set(Column.occurredAt, of: row, timestamp: event.time)
    }

    private static func isWritten(_ time: Timestamp?, atForkOf forked: Timestamp?) -> Bool {
        guard let time, let forked else { return false }
        return time.microseconds - forked.microseconds <= replayMicroseconds
    }

    /// A call with these counts of a session up the line, from before the fork.
    private func copied(
        _ counts: ArraySlice<UInt8>, _ usage: AgentUsage, from parent: ByteString,
        at forked: Timestamp?, _ event: Event, _ table: Table
    ) -> ByteString? {
        var session = parent
        for _ in 0..<Self.lineLimit {
            let name = ByteString(session.bytes + counts)
            let row = table.rows(where: Column.messageID, equals: name).first {
                hasCounts($0, usage.counts, table) && isBefore(forked, $0, session, table)
            }
            if row != nil { return name }
            let context = table.row(forKey: Self.contextKey(event, session: session.bytes))
            guard let next = context.flatMap({ table.text(Column.forkedFrom, $0) }) else {
                return nil
            }
            session = next
        }
        return nil
    }

    private func hasCounts(_ row: Int, _ usage: MessageUsage, _ table: Table) -> Bool {
        table.integer(Column.inputTokens, row) == usage.input
            && table.integer(Column.outputTokens, row) == usage.output
            && table.integer(Column.cacheReadTokens, row) == usage.cacheRead
    }

    /// What the session itself did after the fork was not copied; of a row that another fork of it
    /// told of first, the moment is of that fork.
    private func isBefore(
        _ forked: Timestamp?, _ row: Int, _ session: ByteString, _ table: Table
    ) -> Bool {
        guard table.text(Column.sessionID, row) == session, let forked,
            let occurred = table.timestamp(Column.occurredAt, row)
        else { return true }
        return occurred.microseconds - forked.microseconds <= Self.replayMicroseconds
    }
}
