/// A view of a log at one moment.
///
/// Takes no lock and never keeps a writer waiting.
///
/// ```swift
/// var log = try LogReader.open("store")
/// try log.forEachBatch { batch in
///     try batch.forEachRecord { print($0.position, $0.type); return true }
///     return true
/// }
/// ```
public struct LogReader: Sendable {
    let layout: StoreLayout
    package let fileSystem: any FileSystem
    package let store: StoreID
    private(set) var view: LogView

    /// Opens a store for reading.
    ///
    /// - Throws: ``LogError``; `.notFound` if there is none.
    /// - Complexity: O(segments); no record is read, but after a restart of the machine, when the
    ///   end of the active segment has to be looked for.
    public static func open(
        _ directory: String, fileSystem: any FileSystem = RealFileSystem()
    ) throws(LogError) -> LogReader {
        let layout = StoreLayout(directory)
        let format = try StoreFormat.ofStore(layout, fileSystem)
        let view = try LogView.load(layout, format.store, fileSystem)
        return LogReader(layout: layout, fileSystem: fileSystem, store: format.store, view: view)
    }

    private init(
        layout: StoreLayout, fileSystem: any FileSystem, store: StoreID, view: LogView
    ) {
        self.layout = layout
        self.fileSystem = fileSystem
        self.store = store
        self.view = view
    }

    public var directory: String { layout.directory }
    /// `zero` for an empty log.
    public var lastPosition: Position { view.lastPosition }
    /// Up to here everything is known to be on the disk.
    public var durablePosition: Position { view.durablePosition }
    /// In order of position.
    public var segments: [SegmentSummary] { view.segments.map(SegmentSummary.init) }

    /// Takes in what has been appended since.
    ///
    /// - Returns: Whether there is anything new.
    public mutating func refresh() throws(LogError) -> Bool {
        let before = view.lastPosition
        view = try LogView.load(layout, store, fileSystem)
        return view.lastPosition > before
    }

    /// What `body` finds in this view, or in a newer one where a file of this has gone, because its
    /// segment was sealed, merged, or moved meanwhile.
    func withFilesInPlace<Result>(
        _ body: (LogReader) throws(LogError) -> Result
    ) throws(LogError) -> Result {
        var log = self
        while true {
            do throws(LogError) {
                return try body(log)
            } catch {
                guard error.code == .notFound else { throw error }
                let generation = log.view.generation
                _ = try log.refresh()
                guard log.view.generation != generation else { throw error }
            }
        }
    }

    /// Takes in a newer view because the file of a segment has gone.
    ///
    /// - Returns: What has the segment's positions now, from its beginning on, and all behind it;
    ///   `nil` if nothing has taken the file's place.
    mutating func segments(
        inPlaceOf segment: LogView.Segment
    ) -> ArraySlice<LogView.Segment>? {
        let generation = view.generation
        // Without a newer view the file is missing from this one.
        guard (try? refresh()) != nil, view.generation != generation else { return nil }
        let segments = view.segments
        let start = segments.firstIndex { $0.last >= segment.first } ?? segments.count - 1
        return segments[start...]
    }

    /// Calls `body` with the matching records in order of position, in batches.
    ///
    /// Frames of sealed segments whose index says that nothing in them matches are not read.
    ///
    /// - Parameters:
    ///   - first: Where to begin; `nil` is where the log does, behind what has expired.
    ///   - last: Where to end, included; `nil` is the last position of this view.
    ///   - filter: What the records must be like.
    ///   - onDamage: Told of each frame or line that could not be read; what is good behind it
    ///     follows unless this throws. By default it does.
    ///   - body: Returns `false` to stop.
    /// - Throws: What the closures throw; ``LogError``.
    public func forEachBatch(
        from first: Position? = nil, through last: Position? = nil,
        matching filter: RecordFilter = .all,
        onDamage: (LogError) throws -> Void = { throw $0 },
        _ body: (RecordBatch) throws -> Bool
    ) throws {
        var request = ReadRequest(
            next: first ?? firstPosition, last: min(last ?? view.lastPosition, view.lastPosition),
            filter: filter)
        // Who names neither a position nor a type asks for what is there.
        request.tellsOfExpired =
            !filter.passesExpired && (first != nil || !filter.types.isEmpty)
        var log = self
        while request.next <= request.last {
            do {
                try log.read(&request, onDamage, body)
                return
            } catch let error as LogError where error.code == .notFound {
                // A segment was sealed or merged meanwhile, and its file has another name now; or it
                // has expired, which only the newer view knows.
                let generation = log.view.generation
                _ = try log.refresh()
                guard log.view.generation != generation else { throw error }
            }
        }
    }

    private func read(
        _ request: inout ReadRequest, _ onDamage: (LogError) throws -> Void,
        _ body: (RecordBatch) throws -> Bool
    ) throws {
        for segment in view.segments
        where segment.last >= request.next && segment.first <= request.last {
            let goesOn =
                segment.entry.state.isSealed
                ? try readSealed(segment, &request, onDamage, body)
                : try readPlain(segment, &request, onDamage, body)
            if !goesOn { return }
            request.next = max(request.next, segment.last.next)
        }
    }

    private func readSealed(
        _ segment: LogView.Segment, _ request: inout ReadRequest,
        _ onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws -> Bool {
        let sealed: SealedSegment
        do throws(LogError) {
            sealed = try SealedSegment.open(segment.entry, layout, store, fileSystem)
        } catch {
            guard error.code == .damaged else { throw error }
            try onDamage(error)
            return try readSalvaged(segment, &request, body)
        }
        defer { sealed.close(fileSystem) }
        for gap in sealed.reader.gaps where gap.last >= request.next && gap.first <= request.last {
            let expiry = view.expiries.last.map { $0.through >= gap.last } ?? false
            let cut = expiry ? view.expiries.cut(of: max(gap.first, request.next)) : nil
            try onDamage(cut?.error ?? LogError(gap, in: sealed.path))
        }
        for cut in request.expired(view.expiries, sealed.reader.erasures) {
            try onDamage(cut.error)
        }
        let frames = sealed.reader.frameIndexes(
            from: request.next, through: request.last, matching: request.filter)
        if let lines = try seldomLines(sealed, frames, request.filter) {
            // What is kept of a type is all of it, so no frame is needed.
            guard let selected = try request.select(RecordBatch(bytes: lines), isWhole: false)
            else { return true }
            return try body(selected)
        }
        var memory: [UInt8] = []
        for frame in frames {
            let batch: RecordBatch
            do throws(LogError) {
                batch = try sealed.batch(frame, fileSystem, in: &memory)
            } catch {
                guard error.code == .damaged else { throw error }
                try onDamage(error)
                continue
            }
            let entry = sealed.reader.frames[frame]
            let isWhole = entry.firstPosition >= request.next && entry.lastPosition <= request.last
            let selected = try request.select(batch, isWhole: isWhole)
            request.next = max(request.next, entry.lastPosition.next)
            if let selected, try !body(selected) { return false }
        }
        return true
    }

    /// All lines of the types that a filter asks for, if the segment keeps them apart from its
    /// frames; `nil` if it does not, or they are damaged there.
    private func seldomLines(
        _ sealed: SealedSegment, _ frames: [Int], _ filter: RecordFilter
    ) throws(LogError) -> [UInt8]? {
        // One frame is read as fast, if it is here.
        let isWorthIt = frames.count > 1 || sealed.archivedIDs != nil && !frames.isEmpty
        guard !filter.types.isEmpty, isWorthIt else { return nil }
        let wanted = sealed.reader.types.indices.filter { index in
            filter.types.contains { $0.matches(sealed.reader.types[index].bytes) }
        }
        let fileSystem = fileSystem
        do throws(LogError) {
            guard let columns = try sealed.columns(fileSystem) else { return nil }
            let kept = columns.seldom.filter { wanted.contains($0.type) }
            guard kept.count == wanted.count else { return nil }
            let lines = try kept.map { entry throws(LogError) in
                try sealed.reader.lines(of: entry) { (offset, count) throws(LogError) in
                    try sealed.read(at: offset, byteCount: count, fileSystem)
                }
            }
            return try inOrder(lines)
        } catch {
            // The frames have them, too; `verify` tells.
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    /// The lines of several types by position.
    private func inOrder(_ lines: [[UInt8]]) throws(LogError) -> [UInt8] {
        guard lines.count > 1 else { return lines.first ?? [] }
        var found = [(position: Position, line: [UInt8])]()
        try LogError.unifying {
            for lines in lines {
                try RecordBatch(bytes: lines).forEachRecord { record in
                    found.append((record.position, Array(record.line)))
                    return true
                }
            }
        }
        found.sort { $0.position < $1.position }
        return found.flatMap(\.line)
    }

    /// Gives the whole frames of a segment whose footer or index is damaged.
    private func readSalvaged(
        _ segment: LogView.Segment, _ request: inout ReadRequest,
        _ body: (RecordBatch) throws -> Bool
    ) throws -> Bool {
        let path = layout.logFile(segment.entry.file)
        let fileSystem = fileSystem
        let file = try LogError.unifying { try fileSystem.open(path, .read) }
        defer { fileSystem.close(file) }
        let byteCount = try LogError.unifying { try fileSystem.byteCount(of: file) }
        var frames = [SalvagedFrame]()
        let report = try SegmentSalvage.run(
            byteCount: byteCount, store: store, file: path,
            read: { (offset, count) throws(LogError) in
                try fileSystem.readBytes(file, path, at: offset, byteCount: count)
            },
            { frame in frames.append(frame) })
        // A whole footer with another chain is of a diverged copy: nothing in it is of this log.
        if let footer = report.footer, footer.chainAfter != segment.entry.chain { return true }
        frames.sort { $0.firstPosition < $1.firstPosition }
        for frame in frames
        where frame.firstPosition >= segment.first && frame.lastPosition <= segment.last {
            guard let selected = try request.select(RecordBatch(bytes: frame.lines), isWhole: false)
            else { continue }
            if try !body(selected) { return false }
        }
        return true
    }

    private func readPlain(
        _ segment: LogView.Segment, _ request: inout ReadRequest,
        _ onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws -> Bool {
        let path = layout.logFile(segment.entry.file)
        let file: FileDescriptor
        do throws(FileError) {
            file = try fileSystem.open(path, .read)
        } catch {
            throw LogError(error)
        }
        defer { fileSystem.close(file) }
        let lines = PlainSegment(entry: segment.entry, store: store, layout: layout)
        if let start = try lines.place(
            before: request.next, fileSystem, file, through: segment.byteCount)
        {
            request.expect(start.position)
            do {
                return try readPlain(
                    lines, file, from: start.offset, of: segment, &request,
                    { _ in throw NeedsBeginning() }, body)
            } catch is NeedsBeginning {
                // What is asked for may stand before it, too, in a file that is not as it was written.
            }
        }
        request.expect(segment.first)
        return try readPlain(lines, file, from: 0, of: segment, &request, onDamage, body)
    }

    private func readPlain(
        _ lines: PlainSegment, _ file: FileDescriptor, from start: Int, of segment: LogView.Segment,
        _ request: inout ReadRequest, _ onDamage: (LogError) throws -> Void,
        _ body: (RecordBatch) throws -> Bool
    ) throws -> Bool {
        let path = layout.logFile(segment.entry.file)
        var goesOn = true
        var isDamageReported = false
        try lines.forEachBatch(
            fileSystem, file, from: start, through: segment.byteCount,
            { batch in
                let before = request
                let (selected, missing) = try request.selectPlain(batch, of: segment)
                // Where a line is damaged, its position is missing, too; that is told once.
                if let missing, !isDamageReported {
                    isDamageReported = true
                    do {
                        try onDamage(missingRecords(missing, path))
                    } catch {
                        // Nothing of the batch has been handed out.
                        request = before
                        throw error
                    }
                }
                goesOn = try selected.map(body) ?? true
                return goesOn && request.next <= min(request.last, segment.last)
            },
            onDamage: { error in
                isDamageReported = true
                try onDamage(error)
            })
        if goesOn, !isDamageReported, let missing = request.missingAtEnd(of: segment) {
            try onDamage(missingRecords(missing, path))
        }
        return goesOn
    }

    private func missingRecords(_ positions: ClosedRange<Position>, _ path: String) -> LogError {
        LogError(
            .damaged,
            "\(path) lacks positions \(positions.lowerBound) to \(positions.upperBound), which "
                + "were once written. Everything else in it is readable; run `tacho verify` for "
                + "the whole picture.")
    }
}

extension LogError {
    /// What a reader says of positions that were lost before their segment was sealed.
    init(_ gap: SegmentGap, in file: String) {
        let positions =
            gap.first == gap.last
            ? "position \(gap.first) is" : "positions \(gap.first) to \(gap.last) are"
        self.init(
            .damaged,
            "\(positions) missing: lost to damage before \(file) was sealed. What could be "
                + "read then is there; the damaged file is in quarantine/.")
    }
}

/// Something is not as it was written in a file that was not read from its beginning.
private struct NeedsBeginning: Error {}

/// What is still to be read.
private struct ReadRequest {
    var next: Position
    let last: Position
    let filter: RecordFilter
    /// Of the segment being read, where no index says what it holds.
    private var expected = Position.zero
    /// Whether events that have expired by their type are missed, as damage is.
    var tellsOfExpired = false
    private var toldCuts: Set<Position> = []

    init(next: Position, last: Position, filter: RecordFilter) {
        self.next = next
        self.last = last
        self.filter = filter
    }

    /// The records of a batch that are asked for; `nil` if there are none.
    mutating func select(_ batch: RecordBatch, isWhole: Bool) throws -> RecordBatch? {
        if isWhole, filter == .all || filter.mayGiveOthers { return batch }
        var bytes = [UInt8]()
        var count = 0
        try batch.forEachRecord { record in
            guard record.position >= next else { return true }
            guard record.position <= last else { return false }
            count += 1
            next = record.position.next
            if filter.matches(record) { bytes.append(contentsOf: record.line) }
            return true
        }
        return bytes.isEmpty ? nil : RecordBatch(bytes: bytes)
    }

    /// The expiries of types by which a segment lacks what is asked for, each told once.
    mutating func expired(
        _ expiries: Expiries, _ erasures: [SegmentErasure]
    ) -> [Expiries.Cut] {
        guard tellsOfExpired, !erasures.isEmpty else { return [] }
        let cuts = expiries.ofTypes.filter { cut in
            let (first, last) = (max(next, cut.first), min(last, cut.last))
            return !toldCuts.contains(cut.event) && cut.concerns(filter.types)
                && erasures.contains { $0.position >= first && $0.position <= last }
        }
        for cut in cuts { toldCuts.insert(cut.event) }
        return cuts
    }

    // MARK: - Segments that are not sealed

    mutating func expect(_ position: Position) { expected = position }

    /// The records of the segment that are asked for, and the first positions it should have had
    /// before them.
    ///
    /// Records behind the segment's last position are not part of the log: a failed sync leaves
    /// such.
    mutating func selectPlain(
        _ batch: RecordBatch, of segment: LogView.Segment
    ) throws -> (RecordBatch?, missing: ClosedRange<Position>?) {
        var bytes = [UInt8]()
        // Nothing is copied as long as everything is asked for.
        var isWhole = true
        var offset = 0
        var missing: ClosedRange<Position>?
        func leaveOut() {
            if isWhole { bytes = Array(batch.bytes[..<offset]) }
            isWhole = false
        }
        try batch.forEachRecord { record in
            defer { offset += record.line.count }
            guard record.position <= min(last, segment.last) else {
                leaveOut()
                return false
            }
            if record.position > expected, missing == nil, record.position > next {
                missing = expected...record.position.previous
            }
            expected = max(expected, record.position.next)
            guard record.position >= next else {
                leaveOut()
                return true
            }
            next = record.position.next
            if !filter.matches(record) {
                leaveOut()
            } else if !isWhole {
                bytes.append(contentsOf: record.line)
            }
            return true
        }
        if isWhole { return (batch, missing) }
        return (bytes.isEmpty ? nil : RecordBatch(bytes: bytes), missing)
    }

    /// What of the segment should have followed.
    func missingAtEnd(of segment: LogView.Segment) -> ClosedRange<Position>? {
        let end = min(last, segment.last)
        return expected <= end ? expected...end : nil
    }
}

/// A segment as `tacho status` lists it.
public struct SegmentSummary: Equatable, Sendable {
    public let file: String
    public let state: String
    /// Whether it has an index and never changes; archived ones are.
    public let isSealed: Bool
    public let first: Position
    public let last: Position
    public let byteCount: Int
    public let rawByteCount: Int
    /// Where the file is, of an archived one.
    public let archive: String?

    init(_ segment: LogView.Segment) {
        archive = segment.entry.archive
        file = segment.entry.file
        state = segment.entry.state.rawValue
        isSealed = segment.entry.state.isSealed
        first = segment.first
        last = segment.last
        byteCount = segment.byteCount
        rawByteCount =
            segment.entry.state.isSealed ? segment.entry.rawByteCount : segment.byteCount
    }
}
