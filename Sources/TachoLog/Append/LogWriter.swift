/// Appends to a log.
///
/// Any number of processes may do so at once; each takes the store's lock for the time of one
/// batch.
///
/// ```swift
/// var log = try LogWriter.open("store")
/// let receipt = try log.append([event], durability: .commit)
/// try log.close()
/// ```
///
/// One thread at a time: the type is not copyable, and appending is mutating.
public struct LogWriter: ~Copyable {
    let layout: StoreLayout
    let fileSystem: any FileSystem
    let options: LogOptions
    package let store: StoreID
    var lockFile: FileDescriptor
    let headFile: FileDescriptor
    var syncLockFile: FileDescriptor?
    let boot: UInt64

    /// As read or written last, under the lock.
    var head: Head
    var activeFile: FileDescriptor?
    /// A sync of the active file has failed, and the switch to another one has, too.
    var hasUnsyncableTail = false
    var seed: ActiveSeed
    var ids: IDIndex?
    var streamEnds: StreamEnds?
    var generator = UUIDv7Generator()
    /// Of the sealed segments, for finding ids; loaded when first asked for.
    var sealedReaders: [Position: SealedSegment] = [:]

    /// What this writer had to put right when it opened the log; `nil` for nothing.
    public internal(set) var recovery: RecoveryReport?

    /// Opens a store for appending, and makes it if it is not there and `options` say so.
    ///
    /// Reads three small files. Only after a crash it looks at what stands behind the last known
    /// end, and after a restart of the machine at the whole active segment.
    ///
    /// - Throws: ``LogError``; `.notFound` if there is no store, `.readOnly` if acknowledged events
    ///   are missing, `.busy` if the lock was not had in time.
    public static func open(
        _ directory: String, options: LogOptions = LogOptions(),
        fileSystem: any FileSystem = RealFileSystem()
    ) throws(LogError) -> LogWriter {
        let layout = StoreLayout(directory)
        var format = try StoreFormat.load(layout, fileSystem)
        if format == nil {
            guard options.createsStore else {
                throw LogError(
                    .notFound,
                    "there is no store in \(directory). Append something to make one, or name "
                        + "another with --store.")
            }
            format = try StoreCreation.create(layout, fileSystem, options)
        }
        guard let format else { preconditionFailure("a store that was made has a format") }
        if let feature = format.optional.first {
            throw LogError(
                .readOnly,
                "the store uses the feature \"\(feature)\", which this version of tacho can read "
                    + "around but not write. Use a newer tacho.")
        }
        let files = try LogError.unifying {
            let lockFile = try fileSystem.open(layout.lock, .updateOrCreate)
            do {
                return (lock: lockFile, head: try fileSystem.open(layout.head, .updateOrCreate))
            } catch {
                fileSystem.close(lockFile)
                throw error
            }
        }
        var writer = LogWriter(
            layout: layout, fileSystem: fileSystem, options: options, store: format.store,
            lockFile: files.lock, headFile: files.head)
        try writer.prepare()
        return writer
    }

    private init(
        layout: StoreLayout, fileSystem: any FileSystem, options: LogOptions, store: StoreID,
        lockFile: FileDescriptor, headFile: FileDescriptor
    ) {
        self.layout = layout
        self.fileSystem = fileSystem
        self.options = options
        self.store = store
        self.lockFile = lockFile
        self.headFile = headFile
        boot = fileSystem.bootIdentifier()
        head = Head(activeFirst: .zero, recorded: Timestamp(microseconds: 0), boot: boot)
        seed = ActiveSeed(store: store, firstPosition: .zero)
    }

    deinit {
        if let activeFile { fileSystem.close(activeFile) }
        if let syncLockFile { fileSystem.close(syncLockFile) }
        for segment in sealedReaders.values { fileSystem.close(segment.file) }
        fileSystem.close(headFile)
        fileSystem.close(lockFile)
    }

    /// The last position of the log, as far as this writer has seen it.
    public var lastPosition: Position { head.writtenPosition }

    // MARK: - Appending

    /// Appends events as one batch: after a crash either all of them are there or none.
    ///
    /// Events whose id is in the log already are not written again (``AppendOutcome``).
    ///
    /// - Parameters:
    ///   - events: One batch.
    ///   - durability: When it returns.
    ///   - expectations: Where streams have to end before the batch, for producers who decide on
    ///     what they have read. Not looked at if every event is in the log already: a repeated
    ///     append is acknowledged again.
    /// - Returns: The outcome of each event.
    /// - Throws: ``LogError``. Nothing of the batch is acknowledged then; `.outOfSpace` and `.busy`
    ///   can be tried again with the same writer. `.conflict` if a stream ends elsewhere.
    /// - Complexity: O(bytes of the batch); one `pwrite`, and one sync for `.commit`.
    public mutating func append(
        _ events: [NewEvent], durability: Durability = .commit,
        expecting expectations: [StreamExpectation] = []
    ) throws(LogError) -> AppendReceipt {
        for (index, event) in events.enumerated() {
            do throws(LogError) {
                try event.validate()
            } catch {
                throw LogError(
                    error.code, "event \(index + 1) of \(events.count): \(error.message)")
            }
        }
        return try append(
            validated: events, durability: durability, expecting: expectations)
    }

    /// Appends events whose data the caller has validated itself.
    ///
    /// - Parameters:
    ///   - events: As for ``append(_:durability:expecting:)``.
    ///   - durability: When it returns.
    ///   - idsAreNew: The ids were made just now and need not be looked for, which saves a hook
    ///     reading the active segment.
    ///   - expectations: As for ``append(_:durability:expecting:)``.
    /// - Returns: As ``append(_:durability:expecting:)``.
    /// - Throws: As ``append(_:durability:expecting:)``.
    package mutating func append(
        validated events: [NewEvent], durability: Durability, idsAreNew: Bool = false,
        expecting expectations: [StreamExpectation] = []
    ) throws(LogError) -> AppendReceipt {
        for event in events { try event.validateEnvelope() }
        let plan = try writeBatch(events, idsAreNew: idsAreNew, expectations)
        // Also a repeated event is acknowledged as durable only when it is.
        let last = head.writtenPosition
        if durability != .interval { try makeDurable(through: last, strict: durability == .strict) }
        return AppendReceipt(
            outcomes: plan.outcomes, lastPosition: last,
            durablePosition: min(head.durablePosition, last))
    }

    /// Makes everything durable that any process has written so far.
    public mutating func synchronizeAll() throws(LogError) {
        try lock()
        do throws(LogError) {
            try refresh()
        } catch {
            unlock()
            throw error
        }
        unlock()
        try makeDurable(through: head.writtenPosition, strict: false)
    }

    /// Syncs, notes that all is durable, and closes.
    public consuming func close() throws(LogError) {
        try synchronizeAll()
        try lock()
        defer { unlock() }
        try refresh()
        // Another process may have written since; then it is not for us to call it clean.
        guard head.durableByteCount == head.writtenByteCount else { return }
        head.isClean = true
        try saveHead(strict: false)
    }

    // MARK: - The batch

    private mutating func writeBatch(
        _ events: [NewEvent], idsAreNew: Bool, _ expectations: [StreamExpectation]
    ) throws(LogError) -> Batch {
        try lock()
        defer { unlock() }
        try refresh()
        if options.sealByteCount > 0, head.writtenByteCount >= options.sealByteCount {
            try roll()
        }
        let plan = try planBatch(events, idsAreNew: idsAreNew)
        if !plan.bytes.isEmpty {
            try check(expectations)
            try write(plan)
            learn(plan, events)
            try saveHead(strict: false)
        }
        return plan
    }

    private struct Batch {
        var bytes: [UInt8] = []
        var outcomes: [AppendOutcome] = []
        /// Indexes of the events that are written.
        var appended: [Int] = []
        var recorded = Timestamp(microseconds: 0)
    }

    /// Decides what is written and encodes it, in one buffer.
    private mutating func planBatch(
        _ events: [NewEvent], idsAreNew: Bool
    ) throws(LogError) -> Batch {
        var batch = Batch()
        batch.outcomes.reserveCapacity(events.count)
        batch.appended.reserveCapacity(events.count)
        batch.recorded = max(options.clock().inMilliseconds, head.recorded)
        if idsAreNew || events.allSatisfy({ $0.id == nil }) {
            batch.appended = Array(events.indices)
            batch.outcomes = events.indices.map { .appended(head.writtenPosition + ($0 + 1)) }
        } else {
            try select(events, &batch)
        }
        guard !batch.appended.isEmpty else { return batch }
        let byteCount = batch.appended.reduce(0) { $0 + events[$1].data.count + 320 }
        var encoder = RecordEncoder(seed: seed, byteCount: byteCount)
        let recorded = batch.recorded.iso8601
        var position = head.writtenPosition
        var remaining = batch.appended.count
        for index in batch.appended {
            position = position.next
            remaining -= 1
            encoder.append(
                events[index], generator: &generator, at: batch.recorded, position: position,
                recorded: recorded, remaining: remaining, watermark: head.durableByteCount)
        }
        batch.bytes = encoder.bytes
        return batch
    }

    /// Leaves out events whose id is in the log, or earlier in the batch.
    private mutating func select(_ events: [NewEvent], _ batch: inout Batch) throws(LogError) {
        try loadIDs()
        var fresh: [IDIndex.Key: (Position, UInt64)] = [:]
        for (index, event) in events.enumerated() {
            let position = head.writtenPosition + (batch.appended.count + 1)
            if let id = event.id {
                let key = id.bytes.withUnsafeBytes { IDIndex.Key($0) }
                let content = IDIndex.content(event)
                var found = fresh[key]
                if found == nil { found = try find(key, id) }
                if let (known, knownContent) = found {
                    batch.outcomes.append(
                        knownContent == content ? .duplicate(known) : .conflict(known))
                    continue
                }
                fresh[key] = (position, content)
            }
            batch.appended.append(index)
            batch.outcomes.append(.appended(position))
        }
    }

    /// Remembers what was written, so that the next batch need not read it again.
    ///
    /// Ids that were made here are not kept; if there are any, the next batch with ids reads them
    /// from the file.
    private mutating func learn(_ batch: Batch, _ events: [NewEvent]) {
        guard ids != nil, batch.appended.allSatisfy({ events[$0].id != nil }) else { return }
        for (offset, index) in batch.appended.enumerated() {
            guard let id = events[index].id else { continue }
            let position = head.writtenPosition + (offset + 1 - batch.appended.count)
            ids?.learn(events[index], id: id, at: position)
        }
        ids?.advance(to: head.writtenByteCount)
    }

    /// One `pwrite` at the known end.
    ///
    /// What a failed one left behind is cut off again.
    private mutating func write(_ batch: Batch) throws(LogError) {
        guard let activeFile else { preconditionFailure("a refreshed writer has an active file") }
        do throws(FileError) {
            try fileSystem.writeAll(activeFile, batch.bytes, at: head.writtenByteCount)
        } catch {
            ids = nil
            // If this fails too, the next writer finds an unfinished batch behind the known end
            // and puts it into the quarantine.
            try? fileSystem.truncate(activeFile, to: head.writtenByteCount)
            throw LogError(error)
        }
        head.writtenByteCount += batch.bytes.count
        head.writtenPosition = head.writtenPosition + batch.appended.count
        head.recorded = batch.recorded
        head.isClean = false
    }
}
