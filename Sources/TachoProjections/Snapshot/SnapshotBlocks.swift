private import CLZ4
import TachoLog

// The body of a snapshot, behind its header line: the state in blocks of 1 MiB, the last one
// shorter, each
//
//   u32 bytes that follow the checksum │ u32 CRC-32C of them │ one LZ4 block
//
// A block that LZ4 cannot make smaller lies there as it is: its size is that of the state it holds.
// The checksum of a block is seeded with the one before it, the first with the header's, so that
// blocks of different snapshots do not pass for one. Nothing follows the last block.

enum SnapshotBlocks {
    static let byteCount = 1 << 20
    static let prefixByteCount = 8
    /// LZ4 makes at most 255 bytes of one.
    static let largestRatio = 255

    /// The state behind a header that ends at `start`, as far as its blocks can be decoded.
    ///
    /// Checks nothing: for looking through a file, not for reading a snapshot.
    static func decoded(_ file: [UInt8], from start: Int, byteCount total: Int) -> [UInt8] {
        var state = [UInt8]()
        var offset = start
        while state.count < total, offset + prefixByteCount <= file.count {
            let size = (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
            offset += prefixByteCount
            guard size > 0, size <= file.count - offset else { break }
            let rawByteCount = min(byteCount, total - state.count)
            let block = file[offset..<offset + size]
            offset += size
            guard size < rawByteCount else {
                state += block
                continue
            }
            state += [UInt8](unsafeUninitializedCapacity: rawByteCount) { buffer, count in
                // LZ4 reads `size` bytes and writes at most `rawByteCount`.
                count = block.withUnsafeBytes { source in
                    let written = LZ4_decompress_safe(
                        source.baseAddress, buffer.baseAddress, CInt(size), CInt(rawByteCount))
                    return Int(max(0, written))
                }
            }
        }
        return state
    }
}

/// Compresses what is written to it, and hashes it on the way.
struct SnapshotBlockSink: ByteSink, ~Copyable {
    private(set) var blocks: [UInt8] = []
    private(set) var byteCount = 0
    private var pending: [UInt8] = []
    private var checksum: UInt32 = 0
    private var sizes: [Int] = []
    private var hasher = SHA256Hasher()

    init() {
        pending.reserveCapacity(SnapshotBlocks.byteCount)
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        byteCount += bytes.count
        hasher.update(bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(SnapshotBlocks.byteCount - pending.count)
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: part))
            rest = rest.dropFirst(part.count)
            if pending.count == SnapshotBlocks.byteCount { endBlock() }
        }
    }

    private mutating func endBlock() {
        let bound = Int(LZ4_compressBound(CInt(pending.count)))
        var compressed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            // LZ4 reads `pending.count` bytes and writes at most `bound`.
            let written = pending.withUnsafeBytes { source in
                LZ4_compress_default(
                    source.baseAddress, buffer.baseAddress, CInt(source.count), CInt(bound))
            }
            count = Int(max(0, written))
        }
        if compressed.isEmpty || compressed.count >= pending.count { compressed = pending }
        sizes.append(compressed.count)
        blocks += [UInt8](repeating: 0, count: SnapshotBlocks.prefixByteCount)
        blocks += compressed
        pending.removeAll(keepingCapacity: true)
    }

    /// Ends the last block; the state's hash.
    mutating func finish() -> Digest256 {
        if !pending.isEmpty { endBlock() }
        return hasher.finish()
    }

    /// The blocks with their checksums, which begin with the header's.
    consuming func sealed(headerChecksum: UInt32) -> [UInt8] {
        var offset = 0
        var checksum = headerChecksum
        for size in sizes {
            let start = offset + SnapshotBlocks.prefixByteCount
            blocks.withUnsafeMutableBytes { blocks in
                let block = UnsafeRawBufferPointer(rebasing: blocks[start..<start + size])
                checksum = CRC32C.checksum(block, seed: checksum)
                blocks.storeBytes(
                    of: UInt32(size).littleEndian, toByteOffset: offset, as: UInt32.self)
                blocks.storeBytes(
                    of: checksum.littleEndian, toByteOffset: offset + 4, as: UInt32.self)
            }
            offset = start + size
        }
        return blocks
    }
}

/// Reads the state from a snapshot's blocks, one at a time, into buffers that stay in the cache.
struct SnapshotBlockSource: ByteSource, ~Copyable {
    private let fileSystem: any FileSystem
    private let file: FileDescriptor
    private let path: String
    private let fileByteCount: Int
    private var offset: Int
    private var checksum: UInt32
    /// Of the state, not yet decoded.
    private var undecoded: Int
    private var compressed: UnsafeMutableRawBufferPointer
    private var block: UnsafeMutableRawBufferPointer
    /// What of `block` was not yet read.
    private var pending: Range<Int> = 0..<0

    var remaining: Int { undecoded + pending.count }

    /// Reads from behind the header of an open file.
    init(
        _ file: FileDescriptor, path: String, fileByteCount: Int, headerByteCount: Int,
        headerChecksum: UInt32, byteCount: Int, fileSystem: any FileSystem
    ) {
        self.fileByteCount = fileByteCount
        self.fileSystem = fileSystem
        self.file = file
        self.path = path
        offset = headerByteCount
        checksum = headerChecksum
        undecoded = byteCount
        compressed = .allocate(byteCount: SnapshotBlocks.byteCount, alignment: 64)
        block = .allocate(byteCount: SnapshotBlocks.byteCount, alignment: 64)
    }

    deinit {
        compressed.deallocate()
        block.deallocate()
    }

    /// Whether the file ends where the state does.
    var isAtEnd: Bool { remaining == 0 && offset == fileByteCount }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TableDecodingError) {
        guard buffer.count <= remaining else { throw .truncated }
        var filled = 0
        while filled < buffer.count {
            let wanted = buffer.count - filled
            if pending.isEmpty {
                let next = min(SnapshotBlocks.byteCount, undecoded)
                if wanted >= next {
                    let target = UnsafeMutableRawBufferPointer(
                        rebasing: buffer[filled..<filled + next])
                    try decodeBlock(into: target)
                    filled += next
                    continue
                }
                try decodeBlock(into: UnsafeMutableRawBufferPointer(rebasing: block[..<next]))
                pending = 0..<next
            }
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
            if pending.isEmpty {
                let next = min(SnapshotBlocks.byteCount, undecoded)
                try decodeBlock(into: UnsafeMutableRawBufferPointer(rebasing: block[..<next]))
                pending = 0..<next
            }
            sink.write(UnsafeRawBufferPointer(rebasing: block[pending]))
            pending = 0..<0
        }
        return sink.finish()
    }

    /// Of blocks that are skipped whole, only the prefixes are read: their checksums lead on to
    /// that of the next block.
    mutating func skip(_ count: Int) throws(TableDecodingError) {
        guard count <= remaining else { throw .truncated }
        var rest = count
        while rest > pending.count {
            rest -= pending.count
            pending = 0..<0
            let next = min(SnapshotBlocks.byteCount, undecoded)
            if rest >= next {
                let (size, following) = try readPrefix(rawByteCount: next)
                checksum = following
                undecoded -= next
                offset += SnapshotBlocks.prefixByteCount + size
                rest -= next
            } else {
                try decodeBlock(into: UnsafeMutableRawBufferPointer(rebasing: block[..<next]))
                pending = 0..<next
            }
        }
        pending = pending.lowerBound + rest..<pending.upperBound
    }

    /// What stands before the next block: its size, and its checksum.
    private func readPrefix(
        rawByteCount: Int
    ) throws(TableDecodingError) -> (size: Int, checksum: UInt32) {
        var prefix: (UInt32, UInt32) = (0, 0)
        try withUnsafeMutableBytes(of: &prefix) { raw throws(TableDecodingError) in
            try readFile(raw, at: offset)
        }
        let size = Int(UInt32(littleEndian: prefix.0))
        guard size > 0, size <= rawByteCount else { throw .damagedBlock(offset: offset) }
        return (size, UInt32(littleEndian: prefix.1))
    }

    /// Decodes the next block, which has exactly as many bytes as `target`.
    private mutating func decodeBlock(
        into target: UnsafeMutableRawBufferPointer
    ) throws(TableDecodingError) {
        let start = offset
        let (size, expected) = try readPrefix(rawByteCount: target.count)
        let payload = UnsafeMutableRawBufferPointer(rebasing: compressed[..<size])
        try readFile(payload, at: start + SnapshotBlocks.prefixByteCount)
        checksum = CRC32C.checksum(UnsafeRawBufferPointer(payload), seed: checksum)
        guard checksum == expected else { throw .damagedBlock(offset: start) }
        if size == target.count {
            target.copyMemory(from: UnsafeRawBufferPointer(payload))
        } else {
            // LZ4 reads `size` bytes and writes at most `target.count`.
            let decoded = LZ4_decompress_safe(
                payload.baseAddress, target.baseAddress, CInt(size), CInt(target.count))
            guard Int(decoded) == target.count else { throw .damagedBlock(offset: start) }
        }
        undecoded -= target.count
        offset = start + SnapshotBlocks.prefixByteCount + size
    }

    private func readFile(
        _ buffer: UnsafeMutableRawBufferPointer, at start: Int
    ) throws(TableDecodingError) {
        var count = 0
        do throws(FileError) {
            while count < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                let read = try fileSystem.read(file, into: rest, at: start + count)
                if read == 0 { break }
                count += read
            }
        } catch {
            throw .unreadable(message: LogError(error).message)
        }
        guard count == buffer.count else { throw .truncated }
    }
}
