import TachoEvents
package import TachoLog

/// One projector's table, and how far it is folded.
package struct Projection: Sendable {
    package let type: any Projector.Type
    private var projector: any Projector
    private let upcasters: [Upcaster]
    package private(set) var table: Table
    package private(set) var quarantined: QuarantinedEvents
    /// Every event up to here is in the table.
    package private(set) var checkpoint: Position
    /// Events until the table gets the hash tables that changing it quickly needs.
    ///
    /// A table read from a file has none. The usual tail has an event or two: looking at all keys
    /// for each takes milliseconds in a table of a million rows, building everything a hundred.
    private var eventsUntilPrepared: Int

    private static let unpreparedEventLimit = 4
    /// The same for a table whose cells lie in a snapshot, where each takes a microsecond or two.
    static let storedEventLimit = 4000
    /// Batches that were passed since the table was settled.
    private var unsettledBatchCount = 0
    /// What waits to be settled grows with the batches it is put off for, and what settling costs
    /// with the rows they have touched: of a long fold's MiB, each touches most of the rows that
    /// the one before has touched.
    private static let settledBatchCount = 16

    /// Nothing folded yet.
    package init(_ type: any Projector.Type, hashSeed: UInt64? = nil) {
        self.type = type
        projector = type.init()
        upcasters = type.upcasters
        table = Table(schema: type.schema, hashSeed: hashSeed)
        quarantined = QuarantinedEvents()
        checkpoint = .zero
        eventsUntilPrepared = 0
    }

    /// Folds one event, or keeps it aside with the reason.
    ///
    /// An event at or before the checkpoint is in the table already and is passed over.
    mutating func take(_ event: Event) {
        guard event.position > checkpoint else { return }
        if eventsUntilPrepared > 0 { countDown() }
        projector.take(event, upcasters, &table, &quarantined)
    }

    /// Folds the events of a batch that are for a lane.
    mutating func take(_ batch: LocatedBatch, lane: Int) {
        guard eventsUntilPrepared == 0 else {
            return batch.forEachEvent(of: lane) { take($0) }
        }
        projector.take(batch, lane, after: checkpoint, upcasters, &table, &quarantined)
    }

    private mutating func countDown() {
        eventsUntilPrepared -= 1
        guard eventsUntilPrepared == 0 else { return }
        // try?: the table says that it cannot be read, and is opened in another way.
        try? table.openColumns(nil)
        table.prepareForChanges()
    }

    /// Notes that every event up to `position` was taken, in the middle of a long fold: the table
    /// is settled now and then, and has to be by ``advance(to:)`` before anybody looks at it.
    mutating func pass(to position: Position) {
        unsettledBatchCount += 1
        if unsettledBatchCount >= Self.settledBatchCount { return advance(to: position) }
        checkpoint = max(checkpoint, position)
    }

    /// Notes that every event up to `position` was taken, and settles the table.
    mutating func advance(to position: Position) {
        projector.settle(&table)
        unsettledBatchCount = 0
        checkpoint = max(checkpoint, position)
    }

    /// SHA-256 of table and quarantined events: equal for equal folds, whatever way they went.
    package var stateHash: Digest256 {
        var sink = HashSink()
        encode(to: &sink)
        return sink.finish()
    }

    package func encode<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
        table.encode(to: &sink)
        quarantined.encode(to: &sink)
    }

    /// Reads what `encode(to:)` wrote at `checkpoint`.
    package init<Source: ByteSource & ~Copyable>(
        _ type: any Projector.Type, checkpoint: Position, decoding source: inout Source,
        hashSeed: UInt64? = nil
    ) throws(TableDecodingError) {
        self.type = type
        projector = type.init()
        upcasters = type.upcasters
        table = try Table(schema: type.schema, decoding: &source, hashSeed: hashSeed)
        quarantined = try QuarantinedEvents(decoding: &source)
        guard source.remaining == 0 else { throw .damaged(column: -1) }
        self.checkpoint = checkpoint
        eventsUntilPrepared = Self.unpreparedEventLimit + 1
    }

    /// A projection whose cells stay in a snapshot, for a short tail or an answer about few rows.
    ///
    /// - Complexity: O(columns).
    init(
        _ type: any Projector.Type, checkpoint: Position, stored file: SnapshotBlockFile,
        hashSeed: UInt64? = nil
    ) throws(TableDecodingError) {
        self.type = type
        projector = type.init()
        upcasters = type.upcasters
        table = try Table(schema: type.schema, stored: file, hashSeed: hashSeed)
        var source = file.source(from: file.place(inIndex: 0))
        quarantined = try QuarantinedEvents(decoding: &source)
        guard source.remaining == 0 else { throw .damaged(column: -1) }
        self.checkpoint = checkpoint
        eventsUntilPrepared = Self.storedEventLimit + 1
    }

    /// Reads columns that lie in a snapshot: see ``Table/openColumns(_:)``.
    package mutating func openColumns(_ names: [String]?) throws(TableDecodingError) {
        try table.openColumns(names)
    }
}

// Of the projector, so that which type it is of is found once for all events of a batch.
extension Projector {
    fileprivate mutating func take(
        _ batch: LocatedBatch, _ lane: Int, after checkpoint: Position, _ upcasters: [Upcaster],
        _ table: inout Table, _ quarantined: inout QuarantinedEvents
    ) {
        batch.forEachEvent(of: lane) { event in
            guard event.position > checkpoint else { return }
            take(event, upcasters, &table, &quarantined)
        }
    }

    @inline(__always)
    fileprivate mutating func take(
        _ event: Event, _ upcasters: [Upcaster], _ table: inout Table,
        _ quarantined: inout QuarantinedEvents
    ) {
        if event.version == 1, upcasters.isEmpty { return apply(event, &table, &quarantined) }
        do throws(UpcastError) {
            try upcasters.withNewest(event) { apply($0, &table, &quarantined) }
        } catch {
            quarantined.add(event.position, ProjectionError(error))
        }
    }

    @inline(__always)
    private mutating func apply(
        _ event: Event, _ table: inout Table, _ quarantined: inout QuarantinedEvents
    ) {
        do throws(ProjectionError) {
            try apply(event, to: &table)
        } catch {
            quarantined.add(event.position, error)
        }
    }
}
