import TachoEvents
import TachoJSON
import TachoLog

// Sessions that begin with a copy of another's history: forks, and subagents that know of it.
//
// Claude Code marks each copied record of a conversation (`forkedFrom`); they stand in front, so with
// the first that has no mark the session's own begin, and nothing is looked up again. Codex marks the
// session, and writes its history down at once: what is of the first second after the fork, or from
// before, was copied (``ModelUsageProjector`` knows it by its counts, too). A prompt may be of that
// second without being a copy; it is one only if the file says whose history follows. pi marks the
// session as well, and its copies keep the times they had: what is from before the session was copied,
// if the log has the session that it is of.
//
// Copies that Claude Code did not mark are known by the record they begin with (see `CopiedHistory.swift`),
// and then by the ids of messages and prompts: a session whose history another has before it in the log
// keeps its own in the ledger of that one. What is in there belongs to whom it was told of first, and the
// first message or prompt that is not ends the copy.

extension SessionsProjector {
    /// What is copied at the moment, in a hidden cell; unknown until the session tells of anything.
    enum Replay: Int64 {
        /// Nothing any more.
        case over
        /// Codex's fork, of which only the parent is known.
        case forked
        /// Codex's fork, whose file has said that history follows.
        case history
        /// Claude Code's fork, record by record.
        case records
        /// Claude Code's conversation that another session has begun.
        case conversation
        /// pi's branch, whose copies are older than itself.
        case dated
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
    mutating func isCopied(_ event: Event, _ row: Int, _ table: inout Table) -> Bool {
        let replay = replay(row, table)
        if replay == .over { return false }
        let record = ConversationRecord(event)
        // A subagent's records may come before the conversation does.
        guard !record.isSidechain || record.isMarkedAsCopy else { return false }
        let isCopied =
            switch replay {
            case .conversation: isOfConversation(event, record, row, &table)
            case nil where !record.isMarkedAsCopy: isRootOfOther(record, row, &table)
            default: record.isMarkedAsCopy
            }
        if !isCopied {
            set(.over, row, &table)
        } else if replay == nil {
            set(record.isMarkedAsCopy ? .records : .conversation, row, &table)
            forgetTimes(through: event.time, row, table)
        }
        return isCopied
    }

    private func isRootOfOther(
        _ record: ConversationRecord, _ row: Int, _ table: inout Table
    ) -> Bool {
        let other = table.session(
            withRoot: record.hash, besides: row, first: Column.firstRoot, last: .lastRoot)
        guard let other else {
            if record.hash != 0 { table.set(Column.firstRoot, of: row, integer: record.hash) }
            return false
        }
        table.set(Column.ledgerRow, of: row, integer: Int64(ledgerRow(of: other, table)))
        return true
    }

    /// Whether the conversation's first session, or another that went on from it, has told of this.
    private mutating func isOfConversation(
        _ event: Event, _ record: ConversationRecord, _ row: Int, _ table: inout Table
    ) -> Bool {
        if event.type.equals("transcript.assistant") {
            let message = event.agentReading.message
            guard message?.model?.equals("<synthetic>") != true,
                let hash = message?.id?.withText({ UInt64(bitPattern: ContentHash.hash($0)) })
            else { return true }
            return isRemembered(hash, row, table)
        }
        var isResult = false
        event.agentReading.forEachBlock { isResult = isResult || $0.kind == .result }
        guard event.type.equals("transcript.user"), !isResult,
            event.agentReading.record.isOfPerson
        else { return true }
        return isRemembered(UInt64(bitPattern: record.hash), row, table)
    }

    // MARK: Codex and pi

    func beginReplay(
        of parent: ByteString, _ session: AgentSession, _ event: Event, _ row: Int,
        _ table: inout Table
    ) {
        guard replay(row, table) == nil, let time = event.time else { return }
        // Where the log does not have the other session, the copy is all there is.
        let isDated = session.isHistoryDated
        if isDated, table.row(forKey: parent) == nil { return }
        table.set(Column.forkedAt, of: row, timestamp: time)
        set(isDated ? .dated : .forked, row, &table)
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
        let isOver =
            replay(row, table) == .dated
            ? time >= forked
            : time.microseconds - forked.microseconds > Self.replayMicroseconds
        if isOver { set(.over, row, &table) }
        return !isOver
    }
}
