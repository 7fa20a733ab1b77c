extension LogReader {
    /// Folds all events on several threads, each into a part of its own, in no particular order.
    ///
    /// The fastest way through a log, for answers that can be put together from parts: sums, counts,
    /// greatest positions. Threads take frames one after the other; a frame is read and decoded into
    /// memory that is used again, and its lines are handed over where they lie.
    ///
    /// With `columns`, frames of segments that have all of these are handed over as a
    /// ``ColumnBlock``, without reading their lines: a fiftieth of the bytes. Whatever is not sealed,
    /// has other columns or none, or holds a value that its column could not take comes as lines, so
    /// both closures have to lead to the same result.
    ///
    /// - Parameters:
    ///   - threadCount: At least 1; the calling thread is one of them.
    ///   - columns: What is wanted as columns, and how it has to be declared.
    ///   - initial: What each part begins as.
    ///   - lines: Adds whole canonical lines to a part. ``LineScanner`` and ``RecordView`` read them.
    ///   - block: Adds the columns that were asked for, in that order.
    /// - Returns: The parts, one for each thread.
    /// - Throws: What the closures throw; ``LogError``, also for damage.
    public func fold<Part: Sendable>(
        threadCount: Int, columns: [ColumnSet.Column] = [], into initial: Part,
        lines: @escaping @Sendable (inout Part, UnsafeRawBufferPointer) throws -> Void,
        block: @escaping @Sendable (inout Part, ColumnBlock) throws -> Void = { _, _ in }
    ) throws -> [Part] {
        let queue = FoldQueue(self, columns)
        let results = WorkerThreads.map(max(1, threadCount), threadCount: max(1, threadCount)) {
            _ in
            Result { () throws -> Part in
                var part = initial
                do {
                    let worker = FoldWorker(log: self, columns: columns)
                    while let work = queue.take() {
                        try worker.carryOut(work) {
                            try lines(&part, $0)
                        } block: {
                            try block(&part, $0)
                        }
                    }
                } catch {
                    queue.stop()
                    throw error
                }
                return part
            }
        }
        return try results.map { try $0.get() }
    }
}

/// A piece of a log that one thread folds.
private enum FoldWork {
    /// Frames of a sealed segment without gaps.
    case frames(FoldSegment, Range<Int>)
    /// Anything else, in the way that knows what to do about it.
    case positions(Position, Position)
}

/// An open segment, closed when the last thread is done with it.
private final class FoldSegment: Sendable {
    let sealed: SealedSegment
    /// With which of its columns are those that were asked for.
    let columns: (SegmentColumns, indexes: [Int])?
    private let fileSystem: any FileSystem

    init(
        _ entry: SegmentEntry, _ log: LogReader, _ wanted: [ColumnSet.Column]
    ) throws(LogError) {
        fileSystem = log.fileSystem
        sealed = try SealedSegment.open(entry, log.layout, log.store, fileSystem)
        // Damaged columns are none: the lines answer, and `verify` tells.
        let found = wanted.isEmpty ? nil : try? sealed.columns(fileSystem)
        columns = found.flatMap { found in
            let indexes = wanted.compactMap { found.set.columns.firstIndex(of: $0) }
            return indexes.count == wanted.count ? (found, indexes) : nil
        }
    }

    deinit { sealed.close(fileSystem) }
}

/// Hands out the pieces of a log.
private final class FoldQueue: @unchecked Sendable {
    // @unchecked: every variable is touched under the monitor's lock only.
    private let monitor = Monitor()
    private let log: LogReader
    private let columns: [ColumnSet.Column]
    private var segments: ArraySlice<LogView.Segment>
    private var current: (segment: FoldSegment, nextFrame: Int)?

    /// Parts of columns are a fiftieth of a frame, so that more of them are one read.
    private static let frameCountOfColumns = 16

    init(_ log: LogReader, _ columns: [ColumnSet.Column]) {
        self.log = log
        self.columns = columns
        segments = log.view.segments.filter { $0.last >= $0.first }[...]
    }

    func stop() {
        monitor.withLock {
            segments = []
            current = nil
        }
    }

    func take() -> FoldWork? {
        monitor.withLock {
            while true {
                if let (segment, frame) = current {
                    let count = segment.columns == nil ? 1 : Self.frameCountOfColumns
                    let end = min(frame + count, segment.sealed.reader.frames.count)
                    if frame < end {
                        current = (segment, end)
                        return .frames(segment, frame..<end)
                    }
                    current = nil
                }
                guard let next = segments.popFirst() else { return nil }
                // What cannot be opened or has gaps is left to who can tell what that means.
                guard next.entry.state.isSealed,
                    let segment = try? FoldSegment(next.entry, log, columns),
                    segment.sealed.reader.gaps.isEmpty
                else { return .positions(next.first, next.last) }
                current = (segment, 0)
            }
        }
    }
}

/// What one thread reads into, again and again.
private final class FoldWorker {
    private let log: LogReader
    private let block: ColumnBlock
    private var compressed = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var lines = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init(log: LogReader, columns: [ColumnSet.Column]) {
        self.log = log
        block = ColumnBlock(columns)
    }

    deinit {
        compressed.deallocate()
        lines.deallocate()
    }

    func carryOut(
        _ work: FoldWork, lines body: (UnsafeRawBufferPointer) throws -> Void,
        block addBlock: (ColumnBlock) throws -> Void
    ) throws {
        switch work {
        case .positions(let first, let last):
            try log.forEachBatch(from: first, through: last) { batch in
                try batch.bytes.withUnsafeBytes(body)
                return true
            }
        case .frames(let segment, let frames):
            let reader = segment.sealed.reader
            if let (columns, indexes) = segment.columns,
                let start = try? readParts(columns, frames, segment)
            {
                for frame in frames {
                    let part = columns.parts[frame]
                    let bytes = UnsafeRawBufferPointer(
                        rebasing: compressed[
                            part.offset - start..<part.offset - start + part.byteCount])
                    let entry = reader.frames[frame]
                    if CRC32C.checksum(bytes, seed: reader.seed) == part.crc, entry.isWithoutHoles,
                        block.fill(bytes, of: columns, indexes, frame: entry)
                    {
                        try addBlock(block)
                    } else {
                        try readLines(frame, segment, body)
                        // That has used the memory of the parts.
                        guard try readParts(columns, frames, segment) == start else { return }
                    }
                }
            } else {
                for frame in frames { try readLines(frame, segment, body) }
            }
        }
    }

    /// Reads the columns' parts of some frames, which lie one behind the other.
    ///
    /// - Returns: The offset in the file of the first of them.
    private func readParts(
        _ columns: SegmentColumns, _ frames: Range<Int>, _ segment: FoldSegment
    ) throws(LogError) -> Int {
        let (first, last) = (columns.parts[frames.lowerBound], columns.parts[frames.upperBound - 1])
        try read(
            segment, at: first.offset,
            byteCount: last.offset + last.byteCount - first.offset)
        return first.offset
    }

    private func readLines(
        _ frame: Int, _ segment: FoldSegment, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let reader = segment.sealed.reader
        let entry = reader.frames[frame]
        do {
            try read(segment, at: entry.offset, byteCount: entry.byteCount)
            grow(&lines, to: entry.rawByteCount)
            let target = UnsafeMutableRawBufferPointer(rebasing: lines[..<entry.rawByteCount])
            let source = UnsafeRawBufferPointer(rebasing: compressed[..<entry.byteCount])
            if let fault = reader.fault(source, entry, into: target) { throw fault }
        } catch {
            // Says what is wrong, or where the lines are now.
            try log.forEachBatch(from: entry.firstPosition, through: entry.lastPosition) { batch in
                try batch.bytes.withUnsafeBytes(body)
                return true
            }
            return
        }
        try body(UnsafeRawBufferPointer(rebasing: lines[..<entry.rawByteCount]))
    }

    private func read(
        _ segment: FoldSegment, at offset: Int, byteCount: Int
    ) throws(LogError) {
        grow(&compressed, to: byteCount)
        let target = UnsafeMutableRawBufferPointer(rebasing: compressed[..<byteCount])
        let fileSystem = log.fileSystem
        guard segment.sealed.archivedIDs == nil else {
            target.copyBytes(
                from: try segment.sealed.read(at: offset, byteCount: byteCount, fileSystem))
            return
        }
        try LogError.unifying {
            var count = 0
            while count < byteCount {
                let read = try fileSystem.read(
                    segment.sealed.file,
                    into: UnsafeMutableRawBufferPointer(rebasing: target[count...]),
                    at: offset + count)
                guard read > 0 else {
                    throw LogError(
                        .damaged, "\(segment.sealed.path) ends at byte \(offset + count)")
                }
                count += read
            }
        }
    }

    private func grow(_ memory: inout UnsafeMutableRawBufferPointer, to byteCount: Int) {
        guard memory.count < byteCount else { return }
        memory.deallocate()
        memory = .allocate(byteCount: byteCount + byteCount / 4, alignment: 64)
    }
}

extension FrameEntry {
    /// Whether its positions follow each other, so that a row's number tells its position.
    var isWithoutHoles: Bool {
        UInt64(count) == lastPosition.rawValue - firstPosition.rawValue + 1
    }
}
