package import TachoLog

/// What the log is known by at one position: a fold up to there belongs to this log and no other.
///
/// Two logs that agree in it hold the same events up to `position`, unless somebody took pains.
package struct LogAnchor: Equatable, Sendable {
    /// The store's own id.
    package let store: ByteString
    package let position: Position
    /// CRC-32C of the canonical line at `position`, with its newline.
    package let lineChecksum: UInt32

    package init(store: ByteString, position: Position, lineChecksum: UInt32) {
        self.store = store
        self.position = position
        self.lineChecksum = lineChecksum
    }
}

/// An ordered history of events: the log, or anything else that a fold can begin from.
package protocol EventHistory: Sendable {
    /// `zero` for an empty one.
    var lastPosition: Position { get }

    /// - Returns: `nil` if there is no event at this position.
    func anchor(at position: Position) throws(LogError) -> LogAnchor?

    /// Calls `body` with the matching records in order of position, in batches, until it returns
    /// `false`; `onDamage` with what could not be read.
    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws
}
