private import CLZ4
import TachoLog

// The body of a snapshot, behind its header line: the state in blocks of 64 KiB, the last one
// shorter, then the index (``SnapshotIndex``) in blocks of its own. Before them stands what it takes
// to read any of them without the others:
//
//   for each block u32 bytes in the file, u32 CRC-32C │ u32 CRC-32C of the directory so far │ blocks
//
// A block is one LZ4 block; one that LZ4 cannot make smaller lies there as it is: its size is that
// of what it holds. All checksums are seeded with the header's, so that blocks of different
// snapshots do not pass for one. Nothing follows the last block.
//
// The first format, of which only tables kept at a cut are left, has blocks of 1 MiB, each behind
// its own size and checksum, which is seeded with the block's before it; and no index.

enum SnapshotBlocks {
    static let byteCount = 1 << 16
    static let oldByteCount = 1 << 20
    /// Of a block in the directory, and before a block of the first format.
    static let entryByteCount = 8
    /// LZ4 makes at most 255 bytes of one.
    static let largestRatio = 255

    /// Where a block lies in the file, and how it is checked.
    struct Entry: Sendable {
        var start: Int
        var size: Int
        var checksum: UInt32
        var seed: UInt32
    }

    /// Sizes of the blocks before compression.
    static func rawSizes(of header: SnapshotHeader) -> (block: Int, counts: [Int]) {
        let block = header.format == 1 ? oldByteCount : byteCount
        let counts = [header.byteCount, header.indexByteCount].map { ($0 + block - 1) / block }
        return (block, counts)
    }

    /// Decodes a block into exactly as many bytes as it holds.
    ///
    /// - Returns: Whether it could be.
    static func decode(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard block.count < target.count else {
            guard block.count == target.count else { return false }
            target.copyMemory(from: block)
            return true
        }
        // LZ4 reads `block.count` bytes and writes at most `target.count`.
        let written = LZ4_decompress_safe(
            block.baseAddress, target.baseAddress, CInt(block.count), CInt(target.count))
        return Int(written) == target.count
    }

    /// The state of a snapshot whose header ends at `start`, as far as its blocks can be decoded.
    ///
    /// Checks nothing: for looking through a file, not for reading a snapshot.
    static func state(of file: [UInt8], _ header: SnapshotHeader, from start: Int) -> [UInt8] {
        func number(_ offset: Int) -> Int {
            guard offset >= 0, offset + 4 <= file.count else { return 0 }
            return file[...].number(at: offset)
        }
        let (rawByteCount, counts) = rawSizes(of: header)
        let hasDirectory = header.format > 1
        let directoryByteCount = entryByteCount * (counts[0] + counts[1]) + 4
        var offset = start + (hasDirectory ? directoryByteCount : 0)
        var state = [UInt8]()
        for index in 0..<counts[0] {
            let size = number(hasDirectory ? start + entryByteCount * index : offset)
            if !hasDirectory { offset += entryByteCount }
            guard size > 0, offset < file.count, size <= file.count - offset else { break }
            let count = min(rawByteCount, header.byteCount - index * rawByteCount)
            state += [UInt8](unsafeUninitializedCapacity: count) { target, written in
                let isGood = file.withUnsafeBytes { file in
                    let block = UnsafeRawBufferPointer(rebasing: file[offset..<offset + size])
                    let whole = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(target)[..<count])
                    return decode(block, into: whole)
                }
                written = isGood ? count : 0
            }
            offset += size
        }
        return state
    }

    /// - Returns: The block as it lies in the file.
    static func encode(_ raw: [UInt8]) -> [UInt8] {
        let bound = Int(LZ4_compressBound(CInt(raw.count)))
        let compressed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            // LZ4 reads `raw.count` bytes and writes at most `bound`.
            let written = raw.withUnsafeBytes { source in
                LZ4_compress_default(
                    source.baseAddress, buffer.baseAddress, CInt(source.count), CInt(bound))
            }
            count = Int(max(0, written))
        }
        return compressed.isEmpty || compressed.count >= raw.count ? raw : compressed
    }
}

extension ArraySlice<UInt8> {
    /// A number of fewer than eight bytes, little endian.
    ///
    /// - Precondition: The bytes are there.
    func number(at offset: Int, byteCount: Int = 4) -> Int {
        self[offset..<offset + byteCount].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
