/// The calls of one tool that were counted, with what was counted of each.
///
/// Two events may be about one call, any time apart, so all calls are remembered. A change of what
/// was counted is an entry of its own behind the older one: entries are only ever added.
///
/// Three hidden cells hold them in 9 bytes each (the hash of the call's id, little-endian, and the
/// facts): the last up to 63, up to 4095 before them, and all before those. So an entry is copied
/// once, 64 times, and once for each 4096 that follow: about 2 GB of copying for a million calls
/// of one tool. Two ids with the same 64-bit hash would be taken for one.
struct CallLedger: Sendable {
    /// What was counted of a call.
    struct Facts: OptionSet, Sendable {
        let rawValue: UInt8

        static let isJudged = Facts(rawValue: 1)
        /// Only with `isJudged`.
        static let succeeded = Facts(rawValue: 2)
        static let hasDuration = Facts(rawValue: 4)
        static let hasTokens = Facts(rawValue: 8)
        static let hasCost = Facts(rawValue: 16)
    }

    private var factsByHash: [Int64: Facts] = [:]

    static let entryByteCount = 9
    static let recentByteLimit = 64 * entryByteCount
    static let middleByteLimit = 4096 * entryByteCount

    /// Reads the cells, the oldest first: of two entries for one call the later one counts.
    init(cells: [[UInt8]?]) {
        for case let cell? in cells {
            for offset in stride(from: 0, to: cell.count, by: Self.entryByteCount) {
                let hash = cell.withUnsafeBytes {
                    Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self))
                }
                factsByHash[hash] = Facts(rawValue: cell[offset + 8])
            }
        }
    }

    /// `nil` for a call that was not counted.
    subscript(hash: Int64) -> Facts? { factsByHash[hash] }

    /// - Returns: The entry, to be added to the cells.
    mutating func record(_ hash: Int64, _ facts: Facts) -> [UInt8] {
        factsByHash[hash] = facts
        return withUnsafeBytes(of: hash.littleEndian) { Array($0) } + [facts.rawValue]
    }
}

extension Table {
    /// Adds an entry to the newest of a ledger's cells; what is full moves to the next older one.
    mutating func add<Column: ColumnHandle>(
        _ entry: [UInt8], to row: Int, recent: Column, middle: Column, older: Column
    ) {
        var entries = bytes(recent, row) + entry
        guard entries.count == CallLedger.recentByteLimit else {
            return set(recent, of: row, text: entries)
        }
        set(recent, of: row, text: [])
        entries = bytes(middle, row) + entries
        guard entries.count == CallLedger.middleByteLimit else {
            return set(middle, of: row, text: entries)
        }
        set(middle, of: row, text: [])
        set(older, of: row, text: bytes(older, row) + entries)
    }

    private func bytes(_ column: some ColumnHandle, _ row: Int) -> [UInt8] {
        withText(column, row) { Array($0) } ?? []
    }
}
