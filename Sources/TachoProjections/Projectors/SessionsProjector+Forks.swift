import TachoEvents
import TachoJSON
import TachoLog

// Sessions that begin with a copy of another's history: forks, and subagents that know of it.
//
// Claude Code marks each copied record of a conversation (`forkedFrom`); they stand in front, so with
// the first that has no mark the session's own begin, and nothing is looked up again. Codex marks the
// session, and writes its history down at once: what is of the first second after the fork, or from
// before, was copied (``ModelUsageProjector`` knows it by its counts, too). A prompt may be of that
// second without being a copy; it is one only if the file says whose history follows.
//
// Copies of Claude Code before it marked them cannot be told from the session's own here; in
// `model_usage` they count once, by the message's id.

extension SessionsProjector {
    /// What is copied at the moment, in a hidden cell; unknown until the session tells of anything.
    enum Replay: Int64 {
        /// Nothing any more.
        case over
        /// Codex's fork, of which only the parent is known.
        case forked
        /// Codex's fork, whose file has said that history follows.
        case history
        /// Claude Code's conversation, record by record.
        case records
    }

    private static let replayMicroseconds: Int64 = 1_000_000

    func replay(_ row: Int, _ table: Table) -> Replay? {
        table.integer(Column.replay, row).flatMap { Replay(rawValue: $0) }
    }

    func isReplaying(_ row: Int, _ table: Table) -> Bool {
        replay(row, table).map { $0 != .over } ?? false
    }

    func set(_ replay: Replay, _ row: Int, _ table: inout Table) {
        table.set(Column.replay, of: row, integer: replay.rawValue)
    }

    // MARK: Claude Code

    /// Whether a record of a conversation was copied from another session.
    func isCopied(_ event: Event, _ row: Int, _ table: inout Table) -> Bool {
        if replay(row, table) == .over { return false }
        var isMarked = false
        event.members.forEach { key, value in
            isMarked = key.equals("forkedFrom") && value.kind == .object
            return !isMarked
        }
        set(isMarked ? .records : .over, row, &table)
        return isMarked
    }

    // MARK: Codex

    func beginReplay(_ event: Event, _ row: Int, _ table: inout Table) {
        guard replay(row, table) == nil, let time = event.time else { return }
        table.set(Column.forkedAt, of: row, timestamp: time)
        set(.forked, row, &table)
    }

    func followHistory(_ row: Int, _ table: inout Table) {
        if replay(row, table) == .forked { set(.history, row, &table) }
    }

    /// Whether what an event says was copied when the session began.
    ///
    /// What has no time is as what came before it.
    func isCopy(_ event: Event, _ row: Int, _ table: inout Table) -> Bool {
        guard isReplaying(row, table), let forked = table.timestamp(Column.forkedAt, row) else {
            return false
        }
        guard let time = event.time else { return true }
        let isOver = time.microseconds - forked.microseconds > Self.replayMicroseconds
        if isOver { set(.over, row, &table) }
        return !isOver
    }
}
