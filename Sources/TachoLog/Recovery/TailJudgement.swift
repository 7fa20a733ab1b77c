/// What the end of an active file is, told from what was once known to be durable.
///
/// A crash can only touch bytes behind the last successful sync. So a bad line at or behind the
/// greatest durable offset anybody ever wrote down is a torn tail: nothing of it was acknowledged,
/// and it may go. A bad line before that offset was once good on this disk: damage, reported and
/// never cut off. The argument in full: <doc:FileFormat#Recovery>.
enum TailJudgement: Equatable {
    /// Every byte belongs to a complete batch.
    case whole
    /// Bytes from `offset` on were never acknowledged as durable; they go to the quarantine.
    case torn(offset: Int)
    /// Acknowledged bytes at `offset` are not what was written.
    case damaged(offset: Int)
    /// The file ends `byteCount` bytes before its durable end: a lying disk or an old copy.
    case missing(byteCount: Int)

    /// - Parameters:
    ///   - scan: Of the whole file.
    ///   - head: The HEAD slot, if it speaks of this file.
    /// - Returns: What to do with the end of the file.
    static func judge(_ scan: ActiveScan, _ head: Head?) -> TailJudgement {
        var durable = max(scan.watermark, head?.durableByteCount ?? 0)
        if let head, head.isClean { durable = max(durable, head.writtenByteCount) }
        if durable > scan.byteCount { return .missing(byteCount: durable - scan.byteCount) }
        guard let bad = scan.firstBadOffset else { return .whole }
        if scan.completeByteCount >= durable { return .torn(offset: scan.completeByteCount) }
        return .damaged(offset: bad)
    }
}
