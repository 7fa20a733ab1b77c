extension SessionTimesProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case sessionID
        case startedAt
        case endedAt
        case wallMs
        case humanWaitMs
        case permissionWaitMs
        case idleMs
        case toolMs
        case modelMs
        case hookMs
        case otherMs
        case intervalCount
        // Hidden.
        case spentMicroseconds
        case open
        case recent
        case middle
        case older
        case copying
        case copiedUntil
        case firstRoot
        case lastRoot
    }

    package static let schema = TableSchema(
        name: "session_times", key: "session_id",
        summary: "What the time of agents' sessions was spent on, each moment once.",
        columns: visibleColumns + hiddenColumns)

    private static let visibleColumns = [
        ColumnDefinition("session_id", .text, summary: "The agent's session."),
        ColumnDefinition(
            "started_at", .timestamp,
            summary: "Earliest moment told, also the beginning of what was told at its end."),
        ColumnDefinition("ended_at", .timestamp, summary: "Latest moment told."),
        ColumnDefinition(
            "wall_ms", .integer, summary: "Milliseconds by the clock: ended_at − started_at."),
        ColumnDefinition(
            "human_wait_ms", .integer,
            summary: "Milliseconds that the agent waited for a person: permission and idle."),
        ColumnDefinition(
            "permission_wait_ms", .integer,
            summary: "Milliseconds between a question for permission and its answer."),
        ColumnDefinition(
            "idle_ms", .integer,
            summary: "Milliseconds from the notice that the agent waits to the next prompt."),
        ColumnDefinition(
            "tool_ms", .integer,
            summary: "Milliseconds in which a tool ran and nobody was asked; overlaps once."),
        ColumnDefinition(
            "model_ms", .integer,
            summary: "Milliseconds in which a model answered and no tool ran; overlaps once."),
        ColumnDefinition(
            "hook_ms", .integer,
            summary: "Milliseconds in which hooks ran and neither tool nor model did."),
        ColumnDefinition(
            "other_ms", .integer, summary: "Milliseconds of wall_ms that nothing told claims."),
        ColumnDefinition("interval_count", .integer, summary: "Intervals that were told."),
    ]

    private static let hiddenColumns =
        [ColumnDefinition("spent_microseconds", .integer, isHidden: true)]
        + ["open", "recent", "middle", "older"].map {
            ColumnDefinition($0, .text, isHidden: true, isInterned: false)
        }
        + [
            ColumnDefinition("copying", .integer, isHidden: true),
            ColumnDefinition("copied_until", .timestamp, isHidden: true),
            ColumnDefinition("first_root", .integer, isIndexed: true, isHidden: true),
            ColumnDefinition("last_root", .integer, isIndexed: true, isHidden: true),
        ]
}

extension Table {
    /// Adds entries to the newest of three cells; what is full moves to the next older one, so
    /// that an entry is copied a few times and not once for each that follows.
    ///
    /// The cells are the same whether entries come one by one or together.
    mutating func append<Column: ColumnHandle>(
        _ entries: [UInt8], to row: Int, recent: Column, middle: Column, older: Column
    ) {
        func bytes(_ column: Column) -> [UInt8] { withText(column, row) { Array($0) } ?? [] }
        let recentLimit = 64 * SessionTimeline.entryByteCount
        let middleLimit = 4096 * SessionTimeline.entryByteCount
        var newest = bytes(recent)
        var rest = entries[...]
        while newest.count + rest.count >= recentLimit {
            let part = rest.prefix(recentLimit - newest.count)
            rest = rest.dropFirst(part.count)
            let spilled = bytes(middle) + newest + part
            newest = []
            if spilled.count < middleLimit {
                set(middle, of: row, text: spilled)
            } else {
                set(middle, of: row, text: [])
                set(older, of: row, text: bytes(older) + spilled)
            }
        }
        set(recent, of: row, text: newest + rest)
    }
}
