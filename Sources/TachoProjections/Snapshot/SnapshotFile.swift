package import TachoLog

/// One snapshot as bytes: ``SnapshotHeader``, then ``SnapshotBlocks``.
enum SnapshotFile {
    /// - Parameters:
    ///   - projection: At any checkpoint but zero.
    ///   - anchor: The log's at that checkpoint.
    ///   - stateHash: The projection's, where it is known, which spares hashing.
    /// - Returns: The file.
    static func encode(
        _ projection: Projection, anchor: LogAnchor, stateHash: Digest256? = nil
    ) -> [UInt8] {
        precondition(
            anchor.position == projection.checkpoint, "a snapshot is anchored where it was taken")
        var sink = SnapshotBlockSink(stateHash: stateHash)
        var places = [Int]()
        projection.table.encode(to: &sink) { places.append($0.byteCount) }
        places.append(sink.byteCount)
        projection.quarantined.encode(to: &sink)
        let stateHash = sink.endState()
        SnapshotIndex.write(projection.table, places: places, to: &sink)
        let header = SnapshotHeader(
            projector: projection.type.name, version: projection.type.version,
            fingerprint: projection.type.fingerprint, position: projection.checkpoint,
            anchor: anchor, stateHash: stateHash, rowCount: projection.table.rowCount,
            byteCount: sink.byteCount, indexByteCount: sink.indexByteCount)
        let (line, checksum) = header.encoded()
        return line + sink.sealed(headerChecksum: checksum)
    }
}

/// Why a snapshot is not used.
///
/// The projection is folded from an older one or from zero instead.
package enum SnapshotRefusal: Error, Equatable, Sendable {
    /// Of another version of the projector, or of one that declares something else.
    case otherProjector
    /// Of another log, or of a log that has since been changed before this position.
    case otherLog
    /// Header, checksum, size, or content are not what was written.
    case damaged(TableDecodingError?)
    /// The file or the log could not be read.
    case unreadable(LogError)
}

/// A snapshot that was passed over, and why.
package struct RefusedSnapshot: Equatable, Sendable {
    /// Below the store's directory of snapshots.
    package let file: String
    package let reason: SnapshotRefusal
}

extension RefusedSnapshot: CustomStringConvertible {
    package var description: String {
        let why =
            switch reason {
            case .otherProjector: "it was made by another version of the projector"
            case .otherLog: "it belongs to another log, or the log was changed before it"
            case .damaged(.unsupportedFormat): "it was written in another format"
            case .damaged: "it is damaged"
            case .unreadable(let error): error.message
            }
        return "snapshot \(file) was passed over: \(why)"
    }
}
