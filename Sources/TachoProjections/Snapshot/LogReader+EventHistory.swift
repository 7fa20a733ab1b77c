package import TachoLog

extension LogReader: EventHistory {
    package func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        guard position > .zero, position <= lastPosition else { return nil }
        var checksum: UInt32?
        do {
            try forEachBatch(from: position, through: position) { batch in
                checksum = CRC32C.checksum(batch.bytes)
                return false
            }
        } catch {
            throw LogError(folding: error)
        }
        return checksum.map {
            LogAnchor(
                store: ByteString(store.description), position: position, lineChecksum: $0)
        }
    }
}
