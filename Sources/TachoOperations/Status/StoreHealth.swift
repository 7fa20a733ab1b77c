import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

/// What an operator watches of a store: what is behind, what was not done for long, what will not
/// fit for long.
///
/// Made from the manifest, footers, names of files, and the events of the store's own history behind
/// what is archived. What damage hides is unknown: this is asked most when something is wrong.
package struct StoreHealth: Sendable {
    /// Segments with damage in acknowledged bytes, kept as they are until they are repaired.
    package private(set) var damagedSegmentCount = 0
    /// Full segments that are not sealed yet.
    package private(set) var waitingSegmentCount = 0
    /// Events that the oldest of the tables' newest snapshots lacks, and opening has to fold.
    ///
    /// `nil` without any snapshot.
    package private(set) var snapshotLag: Int?
    /// What lies in `retired/`: segments that others have taken the place of.
    package private(set) var retiredByteCount = 0
    /// Erasures that were asked for and are not proven; `nil` if the log cannot be read.
    package private(set) var openErasureCount: Int?
    /// Everything up to here has expired.
    package private(set) var expiredThrough: Position?
    /// Seconds since the last backup was noted in the log; `nil` if none was.
    package private(set) var backupAge: Double?
    /// Events that it does not have; all of them without one.
    package private(set) var backupLag: Int
    /// Seconds since the beginning of the last complete scrub; `nil` if there was none.
    package private(set) var verifiedAge: Double?
    /// Free bytes of the file system for this user.
    package private(set) var freeByteCount: Int?
    /// Bytes that the log has grown a day, by what is on the disk now.
    package private(set) var growthPerDay: Double?
    /// Days until the file system is full, if the log alone fills it.
    package var daysUntilFull: Double? {
        guard let freeByteCount, let growthPerDay, growthPerDay > 0 else { return nil }
        return Double(freeByteCount) / growthPerDay
    }

    /// Of the log's growth: seconds.
    private static let window: Int64 = 30 * 86_400
    private static let day: Int64 = 86_400

    /// - Parameters:
    ///   - reader: Of the store.
    ///   - now: By the store's clock.
    /// - Throws: ``LogError`` for what is neither damage nor an archive.
    /// - Complexity: O(segments), and the lines of the active one.
    package init(_ reader: LogReader, now: Timestamp) throws(LogError) {
        let layout = StoreLayout(reader.directory)
        damagedSegmentCount = reader.segments.count { $0.state == "damaged" }
        waitingSegmentCount = reader.segments.count { $0.state == "sealing" }
        expiredThrough = reader.expired?.through
        snapshotLag = Self.snapshotLag(reader, layout)
        retiredByteCount = Self.byteCount(layout.retired, reader.fileSystem)
        let first = reader.segments.last { $0.state == "archived" }?.last.next
        let events = try OwnEvents(reader, from: first)
        openErasureCount =
            events.isWhole
            ? events.erasures.requests.count { $0.state != .proven } : nil
        verifiedAge = try reader.scrubState().verifiedSince.map { now.seconds(since: $0) }
        backupLag = Int(clamping: reader.lastPosition.rawValue)
        if let backup = events.backup {
            backupAge = now.seconds(since: backup.recorded)
            backupLag -= Int(clamping: backup.through.rawValue)
        }
        freeByteCount = FreeSpace.byteCount(at: layout.directory)
        growthPerDay =
            try Self.unlessDamaged { () throws(LogError) in
                try Self.growthPerDay(reader, now)
            } ?? nil
    }

    private static func unlessDamaged<Value>(
        _ body: () throws(LogError) -> Value
    ) throws(LogError) -> Value? {
        do throws(LogError) {
            return try body()
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    private static func snapshotLag(_ reader: LogReader, _ layout: StoreLayout) -> Int? {
        let snapshots = SnapshotStore(directory: layout.snapshots, fileSystem: reader.fileSystem)
        let newest = allProjectors.map { snapshots.positions(of: $0).last }
        guard newest.contains(where: { $0 != nil }) else { return nil }
        let oldest = newest.map { $0 ?? .zero }.min() ?? .zero
        return Int(clamping: reader.lastPosition.rawValue) - Int(clamping: oldest.rawValue)
    }

    /// A directory that is not there holds nothing.
    private static func byteCount(_ directory: String, _ fileSystem: any FileSystem) -> Int {
        ((try? fileSystem.list(directory)) ?? []).reduce(0) {
            $0 + ((try? fileSystem.status(directory + "/" + $1))?.byteCount ?? 0)
        }
    }

    /// By the segments whose last event is of the last thirty days, archived ones too: their bytes,
    /// over the time that they span, which counts as one day at least.
    private static func growthPerDay(
        _ reader: LogReader, _ now: Timestamp
    ) throws(LogError) -> Double? {
        let from = now.microseconds - window * 1_000_000
        var byteCount = 0
        var earliest = now
        for front in try reader.sealedSegments() where front.eventCount > 0 {
            guard front.lastRecorded.microseconds >= from else { continue }
            byteCount += front.segment.byteCount
            earliest = min(earliest, front.firstRecorded)
        }
        for segment in reader.segments where !segment.isSealed {
            byteCount += segment.byteCount
        }
        guard byteCount > 0 else { return nil }
        let seconds = max(Double(day), now.seconds(since: earliest))
        return Double(byteCount) * Double(day) / seconds
    }
}

/// What of the store's own history counts here: read in one pass, because the active segment has no
/// index.
private struct OwnEvents {
    var erasures = ErasureHistory()
    var backup: (recorded: Timestamp, through: Position)?
    /// Whether nothing was passed over for damage.
    var isWhole = true

    init(_ reader: LogReader, from first: Position?) throws(LogError) {
        let types = ErasureHistory.types + [EventType.backedUp]
        let filter = RecordFilter(types: types.map { TypePattern($0) }, streams: ["tacho"])
        var (erasures, backup, isWhole) = (erasures, backup, isWhole)
        try LogError.unifying {
            try reader.forEachBatch(
                from: first, matching: filter, onDamage: { _ in isWhole = false }
            ) { batch in
                try batch.forEachRecord { record in
                    erasures.take(record)
                    guard EventType.backedUp.bytes.elementsEqual(record.type) else { return true }
                    let through = JSONView(validated: record.data)["last_position"]?.integer()
                    backup = (
                        record.recorded, Position(through.flatMap(UInt64.init(exactly:)) ?? 0)
                    )
                    return true
                }
                return true
            }
        }
        (self.erasures, self.backup, self.isWhole) = (erasures, backup, isWhole)
    }
}

extension Timestamp {
    fileprivate func seconds(since earlier: Timestamp) -> Double {
        Double(microseconds - earlier.microseconds) / 1_000_000
    }
}
