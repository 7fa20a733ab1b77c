import Synchronization
import TachoLog

/// An open snapshot: any bytes of its state and of its index, each block read and decoded when it
/// is first asked for.
///
/// Bytes are named by their place in the state, or, from ``indexStart`` on, in the index. What
/// cannot be read is zeros, and said by ``failure``: whoever reads single cells looks at it
/// afterwards, once, and does not use what was read.
final class SnapshotBlockFile: Sendable {
    let header: SnapshotHeader
    let indexStart: Int
    private let entries: [SnapshotBlocks.Entry]
    private let fileSystem: any FileSystem
    private let file: FileDescriptor
    private let decoder = Mutex(SnapshotBlockDecoder())
    private let memory: Mutex<Memory>

    private struct Memory: Sendable {
        var blocks: [[UInt8]?]
        var failure: TableDecodingError?
    }

    /// Takes over an open file, which is closed when nobody needs this any more.
    ///
    /// - Parameters:
    ///   - file: The snapshot.
    ///   - fileByteCount: Bytes that it has.
    ///   - header: Its first line.
    ///   - headerByteCount: Bytes of that.
    ///   - headerChecksum: What the header ends with.
    ///   - fileSystem: Where it lies.
    /// - Throws: ``TableDecodingError`` if the directory is damaged, or the file has more or fewer
    ///   bytes than it says; the file is closed then.
    init(
        _ file: FileDescriptor, fileByteCount: Int, header: SnapshotHeader, headerByteCount: Int,
        headerChecksum: UInt32, fileSystem: any FileSystem
    ) throws(TableDecodingError) {
        self.header = header
        self.fileSystem = fileSystem
        self.file = file
        indexStart = header.byteCount
        let reading = FileReading(file: file, fileByteCount: fileByteCount, fileSystem: fileSystem)
        do throws(TableDecodingError) {
            entries =
                header.format == 1
                ? try reading.oldEntries(header, from: headerByteCount, seed: headerChecksum)
                : try reading.entries(header, from: headerByteCount, seed: headerChecksum)
        } catch {
            fileSystem.close(file)
            throw error
        }
        memory = Mutex(Memory(blocks: Array(repeating: nil, count: entries.count)))
    }

    deinit {
        fileSystem.close(file)
    }

    /// The first thing that could not be read; `nil` if everything could.
    var failure: TableDecodingError? { memory.withLock(\.failure) }

    func fail(_ error: TableDecodingError) {
        memory.withLock { if $0.failure == nil { $0.failure = error } }
    }

    // MARK: Blocks

    /// Of what the largest block holds.
    var largestByteCount: Int {
        header.format == 1 ? SnapshotBlocks.oldByteCount : SnapshotBlocks.largestByteCount
    }

    /// What a block holds.
    func places(ofBlock index: Int) -> Range<Int> { entries[index].places }

    /// The block with a byte of the state or of the index.
    ///
    /// - Precondition: There is such a byte.
    func block(at place: Int) -> Int {
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].places.upperBound > place {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    /// Reads, checks, and decodes a block.
    ///
    /// - Parameters:
    ///   - index: Its number.
    ///   - target: As large as what it holds.
    /// - Throws: ``TableDecodingError`` if it cannot be read, or is damaged.
    func decodeBlock(
        _ index: Int, into target: UnsafeMutableRawBufferPointer
    ) throws(TableDecodingError) {
        let entry = entries[index]
        let block = try checkedBytes(of: entry)
        let isGood = block.withUnsafeBytes { block in
            decoder.withLock { $0.decode(block, entry.kind, into: target) }
        }
        guard isGood else { throw .damagedBlock(offset: entry.start) }
    }

    private func checkedBytes(
        of entry: SnapshotBlocks.Entry
    ) throws(TableDecodingError) -> [UInt8] {
        guard entry.size > 0, entry.size <= entry.rawByteCount else {
            throw .damagedBlock(offset: entry.start)
        }
        let reading = FileReading(file: file, fileByteCount: .max, fileSystem: fileSystem)
        let block = try reading.bytes(entry.start..<entry.end)
        guard block.withUnsafeBytes({ CRC32C.checksum($0, seed: entry.seed) }) == entry.checksum
        else { throw .damagedBlock(offset: entry.start) }
        return block
    }

    private func block(_ index: Int) -> [UInt8] {
        let number = entries[index].number
        if let block = memory.withLock({ $0.blocks[number] }) { return block }
        let count = entries[index].rawByteCount
        let block: [UInt8]
        do throws(TableDecodingError) {
            block = try makeArray(count, reserve: 0) { target throws(TableDecodingError) in
                try decodeBlock(index, into: UnsafeMutableRawBufferPointer(target))
            }
        } catch {
            fail(error)
            block = [UInt8](repeating: 0, count: count)
        }
        memory.withLock { $0.blocks[number] = block }
        return block
    }

    // MARK: Bytes

    /// Whether there are such bytes, all of the state or all of the index.
    private func has(_ range: Range<Int>) -> Bool {
        range.lowerBound >= 0
            && (range.upperBound <= header.byteCount
                || range.lowerBound >= indexStart
                    && range.upperBound - indexStart <= header.indexByteCount)
    }

    /// The array that some bytes lie in, and where; zeros, where there are none such.
    func bytes(_ range: Range<Int>) -> (arena: [UInt8], range: Range<Int>) {
        guard has(range) else {
            fail(.truncated)
            // Such a range is made of damaged numbers, and may have any size.
            let count = min(range.count, SnapshotBlocks.oldByteCount)
            return ([UInt8](repeating: 0, count: count), 0..<count)
        }
        guard !range.isEmpty else { return ([], 0..<0) }
        let first = block(at: range.lowerBound)
        let start = range.lowerBound - entries[first].place
        let inFirst = block(first)
        if start + range.count <= inFirst.count { return (inFirst, start..<start + range.count) }
        var bytes = [UInt8]()
        bytes.reserveCapacity(range.count)
        bytes += inFirst[start...]
        var next = first + 1
        while bytes.count < range.count {
            bytes += block(next).prefix(range.count - bytes.count)
            next += 1
        }
        return (bytes, 0..<range.count)
    }

    /// A number that lies in the state or in the index, little endian.
    func integer<Value: FixedWidthInteger>(at offset: Int, _: Value.Type = Value.self) -> Value {
        let count = MemoryLayout<Value>.size
        let (arena, range) = bytes(offset..<offset + count)
        var value: Value = 0
        for (place, byte) in arena[range].enumerated() {
            value |= Value(truncatingIfNeeded: byte) << Value(8 * place)
        }
        return value
    }

    /// A place that the index names at one of its own.
    func place(inIndex offset: Int) -> Int {
        // No file is larger, so that sums of places do not overflow.
        Int(truncatingIfNeeded: integer(at: indexStart + offset, UInt64.self) & (1 << 48 - 1))
    }

    /// Reads the state from `start` on.
    func source(from start: Int = 0) -> SnapshotBlockSource {
        SnapshotBlockSource(self, from: start)
    }

    /// Checks the blocks of the index, which reading the state does without.
    func checkIndex() throws(TableDecodingError) {
        for entry in entries where entry.place >= indexStart { _ = try checkedBytes(of: entry) }
    }
}

/// Reads the state from front to back, a block at a time, into buffers that stay in the cache.
struct SnapshotBlockSource: ByteSource, ~Copyable {
    private let file: SnapshotBlockFile
    private var nextBlock: Int
    private var block: UnsafeMutableRawBufferPointer
    /// What of `block` was not yet read.
    private var pending: Range<Int> = 0..<0
    /// Of the state, not yet decoded.
    private var undecoded: Int
    /// To be passed over in the first block.
    private var skipped: Int

    var remaining: Int { undecoded + pending.count - skipped }

    fileprivate init(_ file: SnapshotBlockFile, from start: Int) {
        self.file = file
        let count = file.header.byteCount
        let start = min(max(0, start), count)
        nextBlock = start < count ? file.block(at: start) : 0
        undecoded = start < count ? count - file.places(ofBlock: nextBlock).lowerBound : 0
        skipped = undecoded - (count - start)
        block = .allocate(byteCount: file.largestByteCount, alignment: 64)
    }

    deinit {
        block.deallocate()
    }

    private mutating func decodeNext() throws(TableDecodingError) {
        let count = file.places(ofBlock: nextBlock).count
        try file.decodeBlock(
            nextBlock, into: UnsafeMutableRawBufferPointer(rebasing: block[..<count]))
        nextBlock += 1
        undecoded -= count
        pending = skipped..<count
        skipped = 0
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TableDecodingError) {
        guard buffer.count <= remaining else { throw .truncated }
        var filled = 0
        while filled < buffer.count {
            let wanted = buffer.count - filled
            let next = pending.isEmpty ? file.places(ofBlock: nextBlock).count : 0
            if pending.isEmpty, skipped == 0, wanted >= next {
                try file.decodeBlock(
                    nextBlock,
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + next]))
                nextBlock += 1
                undecoded -= next
                filled += next
                continue
            }
            if pending.isEmpty { try decodeNext() }
            let count = min(wanted, pending.count)
            let source = block[pending.lowerBound..<pending.lowerBound + count]
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source))
            pending = pending.lowerBound + count..<pending.upperBound
            filled += count
        }
    }

    /// The hash of everything that was not yet read, which is read then.
    mutating func hashOfRest() throws(TableDecodingError) -> Digest256 {
        var sink = HashSink()
        while remaining > 0 {
            if pending.isEmpty { try decodeNext() }
            sink.write(UnsafeRawBufferPointer(rebasing: block[pending]))
            pending = 0..<0
        }
        return sink.finish()
    }
}

/// Reading the parts of a snapshot's file that come before its blocks.
private struct FileReading {
    let file: FileDescriptor
    let fileByteCount: Int
    let fileSystem: any FileSystem

    func bytes(_ range: Range<Int>) throws(TableDecodingError) -> [UInt8] {
        guard range.upperBound <= fileByteCount else { throw .truncated }
        return try makeArray(range.count, reserve: 0) { buffer throws(TableDecodingError) in
            let buffer = UnsafeMutableRawBufferPointer(buffer)
            var count = 0
            do throws(FileError) {
                while count < buffer.count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                    let read = try fileSystem.read(
                        file, into: rest, at: range.lowerBound + count)
                    if read == 0 { break }
                    count += read
                }
            } catch {
                throw .unreadable(message: LogError(error).message)
            }
            guard count == buffer.count else { throw .truncated }
        }
    }

    /// All blocks of a snapshot, which hold what its header says, and with which the file ends.
    func entries(
        _ header: SnapshotHeader, from start: Int, seed: UInt32
    ) throws(TableDecodingError) -> [SnapshotBlocks.Entry] {
        let count = try bytes(start..<start + 4)[...].number(at: 0)
        let byteCount = 4 + SnapshotBlocks.entryByteCount * count
        let directory = try bytes(start..<start + byteCount + 4)
        let checksum = directory.withUnsafeBytes {
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[..<byteCount]), seed: seed)
        }
        guard directory[...].number(at: byteCount) == Int(checksum) else {
            throw .damagedBlock(offset: start)
        }
        var entries = [SnapshotBlocks.Entry]()
        entries.reserveCapacity(count)
        var next = start + byteCount + 4
        var place = 0
        for offset in stride(from: 4, to: byteCount, by: SnapshotBlocks.entryByteCount) {
            let bytes = directory[offset..<offset + SnapshotBlocks.entryByteCount]
            guard
                let entry = SnapshotBlocks.Entry(
                    bytes, behind: entries, start: next, place: place, seed: seed),
                // No block is of both, the state and the index.
                place >= header.byteCount || entry.places.upperBound <= header.byteCount
            else { throw .damagedBlock(offset: start + offset) }
            entries.append(entry)
            (next, place) = (max(next, entry.end), entry.places.upperBound)
        }
        guard next == fileByteCount, place == header.byteCount + header.indexByteCount else {
            throw .truncated
        }
        return entries
    }

    /// Of the first format, whose blocks say their sizes themselves.
    func oldEntries(
        _ header: SnapshotHeader, from start: Int, seed: UInt32
    ) throws(TableDecodingError) -> [SnapshotBlocks.Entry] {
        var entries = [SnapshotBlocks.Entry]()
        var next = start
        var seed = seed
        for place in stride(from: 0, to: header.byteCount, by: SnapshotBlocks.oldByteCount) {
            let blockStart = next + SnapshotBlocks.oldPrefixByteCount
            let entry = SnapshotBlocks.Entry(
                old: try bytes(next..<blockStart), number: entries.count, start: blockStart,
                place: place,
                rawByteCount: min(SnapshotBlocks.oldByteCount, header.byteCount - place), seed: seed
            )
            entries.append(entry)
            (next, seed) = (entry.end, entry.checksum)
        }
        guard next == fileByteCount else { throw .truncated }
        return entries
    }
}
