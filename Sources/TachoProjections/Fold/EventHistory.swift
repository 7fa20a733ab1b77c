package import TachoLog

/// An ordered history of events: the log, or anything else that a fold can begin from.
package protocol EventHistory: Sendable {
    /// `zero` for an empty one.
    var lastPosition: Position { get }

    /// - Returns: `nil` if there is no event at this position.
    func anchor(at position: Position) throws(LogError) -> LogAnchor?

    /// What has expired of it.
    var expiries: Expiries { get }

    /// Calls `body` with the matching records in order of position, in batches, until it returns
    /// `false`; `onDamage` with what could not be read.
    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws
}

extension EventHistory {
    package var expiries: Expiries { Expiries() }
}

extension LogReader: EventHistory {
    package func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws {
        try forEachBatch(
            from: Position?.some(first), through: last, matching: filter, onDamage: onDamage, body)
    }
}
