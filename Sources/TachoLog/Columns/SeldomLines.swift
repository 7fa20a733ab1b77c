/// Collects the lines of types that hardly occur in a segment, so that they can be read without the
/// frames they are scattered over.
///
/// Types of which there are at most 1/512 of the segment's bytes are kept, the smallest first, up to
/// 1/256 of its bytes together: what that adds to the file is lost in its index. What is kept is a
/// function of the lines alone.
struct SeldomLines {
    struct Kept: Equatable {
        /// In the index's dictionary, which numbers types as they first appear, too.
        let type: Int
        let count: Int
        let lines: [UInt8]
    }

    /// More of a type is never kept, so that it need not be collected.
    private static let maximumByteCount = 128 << 10
    private static let maximumByteCountTogether = 4 << 20

    private var types = TextTable()
    /// By type; `nil` once there were too many.
    private var collected: [(count: Int, lines: [UInt8])?] = []
    private var collectedByteCount = 0
    private var rawByteCount = 0

    mutating func add(_ record: RecordView) {
        rawByteCount += record.line.count
        let type = types.index(of: record.type, hash: BloomFilter.hash(record.type))
        if type == collected.count { collected.append((0, [])) }
        guard let before = collected[type] else { return }
        let byteCount = before.lines.count + record.line.count
        guard byteCount <= Self.maximumByteCount,
            collectedByteCount + record.line.count <= Self.maximumByteCountTogether
        else {
            collectedByteCount -= before.lines.count
            collected[type] = nil
            return
        }
        collected[type]?.count += 1
        collected[type]?.lines.append(contentsOf: record.line)
        collectedByteCount += record.line.count
    }

    /// In order of type.
    func kept() -> [Kept] {
        let candidates = collected.enumerated().compactMap { type, entry in
            entry.map { Kept(type: type, count: $0.count, lines: $0.lines) }
        }
        var room = rawByteCount / 256
        var kept = [Kept]()
        for entry in candidates.sorted(by: { ($0.lines.count, $0.type) < ($1.lines.count, $1.type) }
        ) {
            guard entry.lines.count <= rawByteCount / 512, entry.lines.count <= room else { break }
            room -= entry.lines.count
            kept.append(entry)
        }
        return kept.sorted { $0.type < $1.type }
    }
}
