import TachoEvents
import TachoJSON
import TachoLog

// Histories that one session of Claude Code copied from another.
//
// Two ways are known. A fork marks each record that it copies (`forkedFrom`). A `--resume` of older
// versions writes the conversation down again under the new session's id, unmarked, with each record's
// own `uuid` and time. Both stand in front of what is the session's own, so only the first records of
// a session are looked at. A conversation is known by the record it begins with, its root: the
// session's first record, or the boundary that a compaction put there. A session whose root is
// another's begins with a copy.
//
// Source: ecosystem §3.4 ("a resume/fork copy is counted once"); `shared/data/SHAPES.md`.

/// What tells whether a record of a conversation was copied.
struct ConversationRecord {
    private(set) var isMarkedAsCopy = false
    /// Whether it is of a subagent, whose records are in a file of their own and are not copied.
    private(set) var isSidechain = false
    /// Of its `uuid`; 0 without one.
    private(set) var hash: Int64 = 0

    init(_ event: Event) {
        event.members.forEach { key, value in
            switch key.count {
            case 4 where key.equals("uuid"):
                hash = value.withText { $0.isEmpty ? 0 : ContentHash.hash($0) } ?? 0
            case 10 where key.equals("forkedFrom"): isMarkedAsCopy = value.kind == .object
            case 11 where key.equals("isSidechain"): isSidechain = value.boolean() == true
            default: break
            }
            return true
        }
    }
}

extension Table {
    /// The session that has this record as a root.
    ///
    /// One at most has it: a session that begins with another's root has none of its own, or takes it
    /// over.
    func session<Column: ColumnHandle>(
        withRoot hash: Int64, besides row: Int, first: Column, last: Column
    ) -> Int? {
        guard hash != 0 else { return nil }
        let found = rows(where: first, equals: hash) + rows(where: last, equals: hash)
        return found.filter { $0 != row }.min()
    }

    /// Notes a compaction, from which on who resumes the session copies what follows.
    mutating func noteCompaction(_ event: Event, of row: Int, last: some ColumnHandle) {
        let record = ConversationRecord(event)
        guard record.hash != 0, !record.isSidechain else { return }
        set(last, of: row, integer: record.hash)
    }
}
