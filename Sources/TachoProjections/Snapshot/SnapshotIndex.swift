import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// What a snapshot holds beside the state, so that single cells are read from it: where each column
// begins, where its texts lie, and which number a text has. It says nothing that the state does
// not, and is no part of the state's hash. All numbers are little endian.
//
//   u64 place of the quarantined events in the state
//   for each column u64 its place in the state │ u64 place of its starts │ u64 of its look-up │ u64 of
//   its ranges
//   starts:  for each 1,024 texts or values u64 where the first of them begins
//   look-up: u32 first entry of each bucket, and one more │ u8 tag of each entry │ its piece of 256
//            texts, less that of the entry before it in the bucket: the lowest bytes of all, and the
//            next ones, as many as the largest piece needs
//   ranges:  for each 1,024 rows u32 the smallest number of a text in them, and u32 the largest; of
//            rows without text the largest that there is, and 0
//
// The last three places are in the index, 0 for a column without. Texts that ascend, as ids made of
// the time do, need no look-up: they are found by halves. Entries are in the order of their buckets,
// and in these of their texts: a text of hash h lies in bucket (h >> 32) * buckets >> 32, under the
// tag h & 255. Keys are most of what an index has to tell, two bytes each: where in its
// piece a text is, is seen there, and differences are small. A text that is nowhere has a tag of its
// bucket in one case of eight, and only then is looked for in a piece.

enum SnapshotIndex {
    /// Texts or values for each start, and rows for each range.
    static let stride = 1024
    /// Texts that an entry of a look-up names together.
    static let pieceCount = 256
    /// Of the hashes: a constant of the format.
    static let hashSeed: UInt64 = 0x7461_6368_6F2E_6978
    static let columnByteCount = 32

    /// About 32 entries each.
    static func bucketCount(forCount count: Int) -> Int { max(1, (count + 31) / 32) }

    /// Bytes of the number of a piece, where there are `count` texts.
    static func pieceByteCount(forCount count: Int) -> Int {
        PackedNumbers.width(ofLargest: UInt64(max(0, count - 1) / pieceCount))
    }

    static func bucket(_ hash: UInt64, of bucketCount: Int) -> Int {
        Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(bucketCount)) >> 32)
    }

    static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash) }

    /// Writes the index behind the state.
    ///
    /// - Parameters:
    ///   - table: The table that was written.
    ///   - places: Where its columns began, and where it ended.
    ///   - sink: At the end of the state.
    /// - Complexity: O(texts).
    static func write(
        _ table: Table, places: [Int], to sink: inout SnapshotBlockSink
    ) {
        var directory: [UInt8] = []
        var rest: [UInt8] = []
        let directoryByteCount = 8 + columnByteCount * table.columns.count
        func append(_ number: Int, to bytes: inout [UInt8]) {
            withUnsafeBytes(of: UInt64(number).littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(places[table.columns.count], to: &directory)
        for (column, place) in zip(table.columns, places) {
            append(place, to: &directory)
            let texts = CanonicalTexts(column, rowCount: table.rowCount)
            append(texts == nil ? 0 : directoryByteCount + rest.count, to: &directory)
            var start = 0
            for index in 0..<(texts?.count ?? 0) {
                if index % stride == 0 { append(start, to: &rest) }
                start += texts?.byteCount(of: index) ?? 0
            }
            let lookedUp = column.layout == .bytes || texts?.ascend == true ? nil : texts
            append(lookedUp == nil ? 0 : directoryByteCount + rest.count, to: &directory)
            if let lookedUp { appendLookUp(lookedUp, to: &rest) }
            let hasRanges = column.layout == .interned
            append(hasRanges ? directoryByteCount + rest.count : 0, to: &directory)
            if hasRanges, let texts { texts.appendRanges(rowCount: table.rowCount, to: &rest) }
        }
        sink.write(directory)
        sink.write(rest)
    }

    private static func appendLookUp(_ texts: CanonicalTexts, to bytes: inout [UInt8]) {
        let bucketCount = bucketCount(forCount: texts.count)
        let hashes = (0..<texts.count).map { texts.hash(of: $0) }
        var ends = [UInt32](repeating: 0, count: bucketCount + 1)
        for hash in hashes { ends[bucket(hash, of: bucketCount) + 1] += 1 }
        for bucket in 0..<bucketCount { ends[bucket + 1] += ends[bucket] }
        for end in ends {
            withUnsafeBytes(of: end.littleEndian) { bytes.append(contentsOf: $0) }
        }
        let width = pieceByteCount(forCount: texts.count)
        var tags = [UInt8](repeating: 0, count: hashes.count)
        var pieces = [UInt8](repeating: 0, count: width * hashes.count)
        var latest = [Int](repeating: 0, count: bucketCount)
        for (number, hash) in hashes.enumerated() {
            let bucket = bucket(hash, of: bucketCount)
            let entry = Int(ends[bucket])
            ends[bucket] += 1
            tags[entry] = tag(hash)
            let piece = number / pieceCount
            let difference = piece - latest[bucket]
            latest[bucket] = piece
            for plane in 0..<width {
                pieces[hashes.count * plane + entry] = UInt8(
                    truncatingIfNeeded: difference >> (8 * plane))
            }
        }
        bytes += tags
        bytes += pieces
    }
}

/// The texts or values of a column in the order in which they are written.
private struct CanonicalTexts {
    let column: Column
    /// Of an interned column: see ``Column/canonicalNumbers(rowCount:)``.
    let kept: [UInt32]
    private let renumbered: [UInt32]
    let count: Int

    /// `nil` for a column without any.
    init?(_ column: Column, rowCount: Int) {
        self.column = column
        switch column.layout {
        case .key, .bytes:
            kept = []
            renumbered = []
            count = rowCount
        case .interned:
            (kept, renumbered) = column.canonicalNumbers(rowCount: rowCount)
            count = kept.count
        case .words, .bits: return nil
        }
    }

    /// Whether each is above the one before it, by bytes.
    ///
    /// - Complexity: O(texts), and less for texts that do not.
    var ascend: Bool {
        (1..<max(1, count)).allSatisfy { number in
            withBytes(of: number - 1) { before in
                withBytes(of: number) { before.isBelow($0) }
            }
        }
    }

    func appendRanges(rowCount: Int, to bytes: inout [UInt8]) {
        for first in Swift.stride(from: 0, to: rowCount, by: SnapshotIndex.stride) {
            var (smallest, largest) = (UInt32.max, UInt32.min)
            for row in first..<min(rowCount, first + SnapshotIndex.stride) {
                let number = Int(column.numbers[row])
                guard number > 0 else { continue }
                smallest = min(smallest, renumbered[number - 1])
                largest = max(largest, renumbered[number - 1])
            }
            for bound in [smallest, largest] {
                withUnsafeBytes(of: bound.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
    }

    func byteCount(of index: Int) -> Int {
        switch column.layout {
        case .key: column.dictionary.byteCount(of: index)
        case .interned: column.dictionary.byteCount(of: Int(kept[index]))
        default: column.byteValues.byteCount(of: index) ?? 0
        }
    }

    func hash(of index: Int) -> UInt64 {
        withBytes(of: index) { ByteHash.hash($0, seed: SnapshotIndex.hashSeed) }
    }

    /// - Precondition: The column is a key, or interned.
    private func withBytes<Result>(
        of index: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        column.dictionary.withBytes(
            of: column.layout == .key ? index : Int(kept[index]), body)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes come before the others, compared from the first on.
    func isBelow(_ other: UnsafeRawBufferPointer) -> Bool {
        guard let start = baseAddress, let otherStart = other.baseAddress else {
            return isEmpty && !other.isEmpty
        }
        let order = memcmp(start, otherStart, Swift.min(count, other.count))
        return order == 0 ? count < other.count : order < 0
    }
}
