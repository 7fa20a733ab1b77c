import TachoLog

// The body of a snapshot, behind its header line: the state in blocks of at most 128 KiB, then the
// index (``SnapshotIndex``) in blocks of its own. Before them stands what it takes to read any of
// them without the others. All numbers are little endian:
//
//   u32 number of blocks │ for each u32 bytes that it holds, u24 bytes in the file, u8 kind, u32
//   CRC-32C │ u32 CRC-32C of the directory so far │ blocks
//
//   kind 0   the bytes themselves
//        1   one LZ4 block
//        2   one zstd frame
//        3   numbers as differences: see ``NumberDifferences``
//        4   the same as a block before it, whose number stands where the others have their size
//        5   texts by the places of their bytes: see ``TextPlanes``
//
// Blocks are cut every 64 KiB, around each piece of packed numbers (``PackedNumbers``), which has
// a block of its own, and around the texts of a column, unless these are short. zstd makes two thirds
// of what LZ4 does, and decodes a block in some 50 µs. Columns may say the same, and then have their
// blocks once. LZ4 has what zstd makes too small: no block holds more than 255 times its size, and
// no block is the same as another where all up to there would hold more, so that a file is known by
// its size to ask for no more memory than that.
//
// All checksums are seeded with the header's, so that blocks of different snapshots do not pass for
// one. Nothing follows the last block.
//
// The first format, of which only tables kept at a cut are left, has blocks of 1 MiB, each behind
// its own size and checksum, which is seeded with the block's before it; and no index. A block is
// LZ4's there, or has the size of what it holds.

enum SnapshotBlocks {
    static let byteCount = 1 << 16
    static let largestByteCount = 8 * PackedNumbers.chunkCount
    /// Packed numbers from this size on have a block of their own.
    static let numbersByteCount = 1 << 13
    /// Of a block in the directory.
    static let entryByteCount = 12
    static let oldByteCount = 1 << 20
    /// Before a block of the first format.
    static let oldPrefixByteCount = 8
    static let largestRatio = 255

    enum Kind: UInt8, Sendable {
        case raw, lz4, zstd, differences
        case planes = 5
    }

    /// In place of the kind of a block that is the same as another.
    static let sameKind: UInt8 = 4

    /// Where a block lies in the file, and what it holds.
    struct Entry: Sendable {
        var kind: Kind
        var start: Int
        var size: Int
        var checksum: UInt32
        var seed: UInt32
        var rawByteCount: Int
        /// Of its first byte in the state, or behind it, in the index.
        var place: Int
        /// Of the first block with these bytes.
        var number: Int

        var end: Int { start + size }
        var places: Range<Int> { place..<place + rawByteCount }

        /// As it is in the directory, behind others; what follows it is reckoned from `start` and
        /// `place`.
        ///
        /// - Returns: `nil` for an entry that no block has.
        init?(
            _ bytes: ArraySlice<UInt8>, behind entries: [Entry], start: Int, place: Int,
            seed: UInt32
        ) {
            let first = bytes.startIndex
            let rawByteCount = bytes.number(at: first)
            let size = bytes.number(at: first + 4, byteCount: 3)
            let checksum = UInt32(bytes.number(at: first + 8))
            if bytes[first + 7] == sameKind {
                guard size < entries.count, entries[size].rawByteCount == rawByteCount,
                    entries[size].checksum == checksum
                else { return nil }
                self = entries[size]
                self.place = place
                return
            }
            guard let kind = Kind(rawValue: bytes[first + 7]) else { return nil }
            self.kind = kind
            self.start = start
            self.size = size
            self.checksum = checksum
            self.seed = seed
            self.rawByteCount = rawByteCount
            self.place = place
            number = entries.count
            guard (1...largestByteCount).contains(rawByteCount), (1...rawByteCount).contains(size),
                rawByteCount / largestRatio <= size
            else { return nil }
        }

        /// Of the first format.
        init(
            old bytes: [UInt8], number: Int, start: Int, place: Int, rawByteCount: Int, seed: UInt32
        ) {
            size = bytes[...].number(at: 0)
            checksum = UInt32(bytes[...].number(at: 4))
            kind = size == rawByteCount ? .raw : .lz4
            self.start = start
            self.place = place
            self.rawByteCount = rawByteCount
            self.seed = seed
            self.number = number
        }
    }

    /// The state of a snapshot whose header ends at `start`, as far as its blocks can be decoded.
    ///
    /// Checks nothing: for looking through a file, not for reading a snapshot.
    static func state(of file: [UInt8], _ header: SnapshotHeader, from start: Int) -> [UInt8] {
        var decoder = SnapshotBlockDecoder()
        var state = [UInt8]()
        for entry in entries(of: file, header, from: start) where entry.place < header.byteCount {
            guard entry.size > 0, entry.end <= file.count else { break }
            let count = entry.rawByteCount
            state += [UInt8](unsafeUninitializedCapacity: count) { target, written in
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(target)[..<count])
                let isGood = file.withUnsafeBytes { file in
                    decoder.decode(
                        UnsafeRawBufferPointer(rebasing: file[entry.start..<entry.end]),
                        entry.kind, into: target)
                }
                written = isGood ? count : 0
            }
        }
        return state
    }

    private static func entries(
        of file: [UInt8], _ header: SnapshotHeader, from start: Int
    ) -> [Entry] {
        guard start + 4 <= file.count else { return [] }
        var entries = [Entry]()
        var place = 0
        if header.format == 1 {
            var prefix = start
            while place < header.byteCount, prefix + oldPrefixByteCount <= file.count {
                let entry = Entry(
                    old: Array(file[prefix..<prefix + oldPrefixByteCount]), number: entries.count,
                    start: prefix + oldPrefixByteCount, place: place,
                    rawByteCount: min(oldByteCount, header.byteCount - place), seed: 0)
                entries.append(entry)
                (place, prefix) = (entry.places.upperBound, entry.end)
            }
            return entries
        }
        let count = min(file[...].number(at: start), (file.count - start - 4) / entryByteCount)
        var next = start + 4 + entryByteCount * count + 4
        for index in 0..<count {
            let offset = start + 4 + entryByteCount * index
            guard
                let entry = Entry(
                    file[offset..<offset + entryByteCount], behind: entries, start: next,
                    place: place, seed: 0)
            else { break }
            entries.append(entry)
            (place, next) = (entry.places.upperBound, max(next, entry.end))
        }
        return entries
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
