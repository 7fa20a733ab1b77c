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
    let headSeed: UInt32

    /// As read or written last, under the lock.
    var head: Head
    /// The file of it, for finding it again unchanged.
    var headImage = HeadImage()
    /// The epoch of the HEAD that this writer wrote last; 0 before that.
    var savedEpoch: UInt64 = 0
    /// Whether others have written HEAD between this writer's last two looks at it.
    ///
    /// Only a hint, for what is worth asking: nothing relies on it.
    var hasCompany = true
    var activeFile: FileDescriptor?
    /// How much of the active file was written when it was opened: for that much this descriptor
    /// does not vouch alone (``makeDurable(through:strict:)``).
    var openedByteCount = 0
    /// A sync of the active file has failed, and the switch to another one has, too.
    var hasUnsyncableTail = false
    var seed: ActiveSeed
    var ids: IDIndex?
    /// The ids of erased events; read with the ids of the sealed segments.
    var erased: ErasedIDs?
    var streamEnds: StreamEnds?
    /// Holds the lines of the batch being appended, and its memory for the next one.
    var encoder = RecordEncoder()
    var generator = UUIDv7Generator()
    /// Of the sealed segments, for finding ids; loaded when first asked for.
    var sealedReaders: [Position: SealedSegment] = [:]

    /// What this writer had to put right when it opened the log; `nil` for nothing.
    public internal(set) var recovery: RecoveryReport? {
        // Not inlined: what is read of a value that is consumed later is copied only where it is
        // used, if it is large and the optimiser sees it (Swift 6.3), and that is too late.
        @inline(never) get { putRight }
        set { putRight = newValue }
    }
    private var putRight: RecoveryReport?

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
        var writer = try openFiles(directory, options, fileSystem)
        try writer.prepare()
        return writer
    }

    /// Opens a store's files and looks at nothing: an append does that itself, under the lock.
    static func openFiles(
        _ directory: String, _ options: LogOptions, _ fileSystem: any FileSystem
    ) throws(LogError) -> LogWriter {
        let layout = StoreLayout(directory)
        let format: StoreFormat
        if !options.createsStore {
            format = try StoreFormat.ofStore(layout, fileSystem)
        } else if let known = try StoreFormat.load(layout, fileSystem) {
            format = known
        } else {
            format = try StoreCreation.create(layout, fileSystem, options)
        }
        try format.checkWritable()
        let files = try LogError.unifying {
            let lockFile = try fileSystem.open(layout.lock, .updateOrCreate)
            do {
                return (lock: lockFile, head: try fileSystem.open(layout.head, .updateOrCreate))
            } catch {
                fileSystem.close(lockFile)
                throw error
            }
        }
        return LogWriter(
            layout: layout, fileSystem: fileSystem, options: options, store: format.store,
            lockFile: files.lock, headFile: files.head)
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
        headSeed = Head.seed(store)
        head = Head(activeFirst: .zero, recorded: Timestamp(microseconds: 0), boot: boot)
        seed = ActiveSeed(store: store, firstPosition: .zero)
    }

    deinit {
        if let activeFile { fileSystem.close(activeFile) }
        if let syncLockFile { fileSystem.close(syncLockFile) }
        for segment in sealedReaders.values { segment.close(fileSystem) }
        fileSystem.close(headFile)
        fileSystem.close(lockFile)
    }

    /// The last position of the log, as far as this writer has seen it.
    public var lastPosition: Position { head.writtenPosition }

    /// Up to here everything is on the disk, as far as this writer has seen it.
    var durablePosition: Position { head.durablePosition }

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
        try events.validate()
        return try append(
            checked: events, durability: durability, idsAreNew: false, expecting: expectations)
    }

    /// Appends events whose data the caller has validated itself.
    ///
    /// - Parameters:
    ///   - events: As for ``append(_:durability:expecting:)``.
    ///   - durability: When it returns.
    ///   - idsAreNew: The ids were made just now and need not be looked for, which saves reading
    ///     the active segment.
    ///   - expectations: As for ``append(_:durability:expecting:)``.
    /// - Returns: As ``append(_:durability:expecting:)``.
    /// - Throws: As ``append(_:durability:expecting:)``.
    package mutating func append(
        validated events: [NewEvent], durability: Durability, idsAreNew: Bool = false,
        expecting expectations: [StreamExpectation] = []
    ) throws(LogError) -> AppendReceipt {
        try events.forEachLent { (_, event) throws(LogError) in try event.validateEnvelope() }
        return try append(
            checked: events, durability: durability, idsAreNew: idsAreNew, expecting: expectations)
    }

    private mutating func append(
        checked events: [NewEvent], durability: Durability, idsAreNew: Bool,
        expecting expectations: [StreamExpectation]
    ) throws(LogError) -> AppendReceipt {
        let outcomes = try write([events], idsAreNew: idsAreNew, expectations)
        // Also a repeated event is acknowledged as durable only when it is.
        let last = head.writtenPosition
        var durable = head.durablePosition
        if durability == .interval {
            beginSynchronizing()
        } else {
            durable = try makeDurable(through: last, strict: durability == .strict)
        }
        return AppendReceipt(
            outcomes: outcomes[0], lastPosition: last, durablePosition: min(durable, last))
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
        _ = try makeDurable(through: head.writtenPosition, strict: false)
    }

    /// Syncs, notes that all is durable, and closes.
    public consuming func close() throws(LogError) {
        try finish()
    }

    /// Makes everything durable and notes that nothing is left to do.
    mutating func finish() throws(LogError) {
        try synchronizeAll()
        try lock()
        defer { unlock() }
        try refresh()
        // Another process may have written since; then it is not for us to call it clean.
        guard head.durableByteCount == head.writtenByteCount else { return }
        head.isClean = true
        try saveHead(strict: false)
    }

    // MARK: - Batches

    /// Writes batches in one piece, each of them whole or not at all.
    ///
    /// - Parameters:
    ///   - batches: Their events have been checked.
    ///   - idsAreNew: As for ``append(validated:durability:idsAreNew:expecting:)``.
    ///   - expectations: Checked before the first batch.
    /// - Returns: For each batch the outcomes of its events.
    /// - Throws: ``LogError``; nothing was written then.
    mutating func write(
        _ batches: [[NewEvent]], idsAreNew: Bool = false,
        _ expectations: [StreamExpectation] = []
    ) throws(LogError) -> [[AppendOutcome]] {
        try lock()
        defer { unlock() }
        try refresh()
        try rollIfFull()
        do throws(LogError) {
            let plan = try plan(batches, idsAreNew: idsAreNew)
            if plan.appendedCount > 0 {
                try check(expectations)
                try writeLines(plan.appendedCount, plan.recorded)
                if plan.hasLearned { ids?.advance(to: head.writtenByteCount) }
                try saveHead(strict: false)
            }
            return plan.outcomes
        } catch {
            // It may know events that were not written.
            forgetIDs()
            throw error
        }
    }

    /// What is to be written; the lines stand in ``encoder``.
    private struct Plan {
        var recorded = Timestamp(microseconds: 0)
        var outcomes: [[AppendOutcome]] = []
        var appendedCount = 0
        /// Whether the ids of all that is written are in the index.
        ///
        /// Those made here are not put there: if there are any, the next batch with ids reads
        /// them from the file.
        var hasLearned = true
    }

    /// Decides what is written and encodes it into ``encoder``.
    private mutating func plan(
        _ batches: [[NewEvent]], idsAreNew: Bool
    ) throws(LogError) -> Plan {
        var plan = Plan()
        plan.recorded = max(options.now.inMilliseconds, head.recorded)
        plan.outcomes.reserveCapacity(batches.count)
        encoder.begin(seed: seed, recorded: plan.recorded, watermark: head.durableByteCount)
        var hasLoadedIDs = idsAreNew
        for events in batches {
            if !hasLoadedIDs, events.bringIDs {
                try loadIDs()
                hasLoadedIDs = true
            }
            if idsAreNew || !hasLoadedIDs {
                encode(events, &plan)
            } else {
                try encodeNew(events, &plan)
            }
        }
        return plan
    }

    /// Encodes a batch none of whose events can be in the log.
    private mutating func encode(_ events: [NewEvent], _ plan: inout Plan) {
        let first = head.writtenPosition + (plan.appendedCount + 1)
        let count = events.count
        events.forEachLent { index, event in
            event.append(
                to: &encoder, generator: &generator, position: first + index,
                remaining: count - index - 1)
        }
        plan.outcomes.append(events.indices.map { .appended(first + $0) })
        plan.appendedCount += events.count
        plan.hasLearned = plan.hasLearned && events.isEmpty
    }

    /// Encodes a batch without the events whose id is in the log, or earlier in what is planned.
    private mutating func encodeNew(
        _ events: [NewEvent], _ plan: inout Plan
    ) throws(LogError) {
        var fresh = [Int]()
        fresh.reserveCapacity(events.count)
        var outcomes = [AppendOutcome]()
        outcomes.reserveCapacity(events.count)
        let first = head.writtenPosition + (plan.appendedCount + 1)
        let span = events.span
        for index in span.indices {
            let position = first + fresh.count
            if let id = span[index].id {
                let key = id.bytes.withUnsafeBytes { IDIndex.Key($0) }
                let content = IDIndex.content(span[index])
                if let known = try find(key, id) {
                    outcomes.append(
                        known.content == content
                            ? .duplicate(known.position) : .conflict(known.position))
                    continue
                }
                // Nobody can say any more what it held; that it was here is enough.
                var gone = id.bytes.withUnsafeBytes { erased?.position(of: $0) }
                if gone == nil { gone = try archivedPosition(of: id) }
                if let position = gone {
                    outcomes.append(.duplicate(position))
                    continue
                }
                ids?.learn(key, IDIndex.Entry(position: position, content: content))
            } else {
                plan.hasLearned = false
            }
            fresh.append(index)
            outcomes.append(.appended(position))
        }
        for (offset, index) in fresh.enumerated() {
            encoder.append(
                span[index], generator: &generator, position: first + offset,
                remaining: fresh.count - offset - 1)
        }
        plan.outcomes.append(outcomes)
        plan.appendedCount += fresh.count
    }

    mutating func rollIfFull() throws(LogError) {
        if options.sealByteCount > 0, head.writtenByteCount >= options.sealByteCount {
            try roll()
        }
    }

    /// One `pwrite` of what is encoded, `count` records, at the known end.
    ///
    /// What a failed one left behind is cut off again.
    mutating func writeLines(
        _ count: Int, _ recorded: Timestamp
    ) throws(LogError) {
        guard let activeFile else { preconditionFailure("a refreshed writer has an active file") }
        do throws(FileError) {
            try fileSystem.writeAll(activeFile, encoder.bytes, at: head.writtenByteCount)
        } catch {
            // If this fails too, the next writer finds an unfinished batch behind the known end
            // and puts it into the quarantine.
            try? fileSystem.truncate(activeFile, to: head.writtenByteCount)
            throw LogError(error)
        }
        head.writtenByteCount += encoder.byteCount
        head.writtenPosition = head.writtenPosition + count
        head.recorded = recorded
        head.isClean = false
    }
}
