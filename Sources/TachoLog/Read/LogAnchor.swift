/// What the log is known by at one position: a fold up to there belongs to this log and no other.
///
/// Two logs that agree in it hold the same events up to `position`, unless somebody took pains.
package struct LogAnchor: Equatable, Sendable {
    /// The store's own id.
    package let store: ByteString
    package let position: Position
    /// CRC-32C of the canonical line at `position`, with its newline; continued from a mark of what
    /// has been erased up to there.
    package let lineChecksum: UInt32

    package init(store: ByteString, position: Position, lineChecksum: UInt32) {
        self.store = store
        self.position = position
        self.lineChecksum = lineChecksum
    }
}

extension LogReader {
    /// What this log is known by at `position`; `nil` if there is no event.
    ///
    /// Reads one frame, or the active segment up to there.
    package func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        guard position > .zero, position <= lastPosition else { return nil }
        if let expired, position == expired.through { return expired.anchor(store) }
        guard position >= firstPosition else { return nil }
        if let cut = view.expiries.ofTypes.first(where: { $0.through == position }) {
            return cut.anchor(store)
        }
        var checksum: UInt32?
        let mark = view.erased?.mark(at: position) ?? 0
        try LogError.unifying {
            try forEachBatch(from: position, through: position) { batch in
                checksum = CRC32C.checksum(batch.bytes, seed: mark)
                return false
            }
        }
        return checksum.map {
            LogAnchor(
                store: ByteString(store.description), position: position, lineChecksum: $0)
        }
    }

    /// Equal for logs from which the same has been erased.
    package var erasureMark: UInt32 { view.erased?.mark(at: Position(UInt64(Int64.max))) ?? 0 }
}
