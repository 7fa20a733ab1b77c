import TachoEvents

/// The messages of one session that were counted, with the usage that was counted for each.
///
/// A message comes in several records, each with a copy of its usage, and the copies differ: the
/// true one is the largest of each field. Records of one message mostly lie together, but not
/// always (sidechains, copies by a resumed session), so all messages are remembered, in 24 bytes
/// each: the hash of the id and four counts.
///
/// Two hidden cells hold the ledger: the last up to 63 messages, rewritten for each new one, and
/// all before them, rewritten every 64. What is in memory here is a copy of them for finding a
/// message; two ids with the same 64-bit hash would be taken for one.
struct MessageLedger: Sendable {
    /// What a record adds to the sums.
    struct Change: Equatable {
        var usage = TokenUsage()
        var isNew = false
        /// Messages without a final usage: +1, 0, or −1.
        var open: Int64 = 0
        /// Which of the two cells is no more what it was.
        var isOlderChanged = false
        var isRecentChanged = false
    }

    /// Little-endian: hash, input, output, cache write, cache read; the highest bit of the output
    /// says that no record of the message was final.
    private var bytes: [UInt8]
    private var offsetByHash: [UInt64: Int] = [:]

    private static let entryByteCount = 24
    private static let cellEntryCount = 64
    private static let openBit: UInt32 = 1 << 31

    init(older: [UInt8]?, recent: [UInt8]?) {
        bytes = (older ?? []) + (recent ?? [])
        for offset in stride(from: 0, to: bytes.count, by: Self.entryByteCount) {
            offsetByHash[load(offset)] = offset
        }
    }

    private var olderByteCount: Int {
        let cell = Self.cellEntryCount * Self.entryByteCount
        return bytes.count / cell * cell
    }

    var older: ArraySlice<UInt8> { bytes[..<olderByteCount] }
    var recent: ArraySlice<UInt8> { bytes[olderByteCount...] }

    func contains(_ hash: UInt64) -> Bool { offsetByHash[hash] != nil }

    /// Takes in one record of a message.
    mutating func record(_ hash: UInt64, _ usage: TokenUsage, isFinal: Bool) -> Change {
        guard let offset = offsetByHash[hash] else { return add(hash, usage, isFinal: isFinal) }
        var change = Change()
        change.usage.input = raise(offset + 8, to: usage.input)
        change.usage.cacheWrite = raise(offset + 16, to: usage.cacheWrite)
        change.usage.cacheRead = raise(offset + 20, to: usage.cacheRead)
        change.usage.output = raise(offset + 12, to: usage.output)
        let output: UInt32 = load(offset + 12)
        if isFinal, output & Self.openBit != 0 {
            store(output & ~Self.openBit, at: offset + 12)
            change.open = -1
        }
        if change != Change() {
            change.isOlderChanged = offset < olderByteCount
            change.isRecentChanged = !change.isOlderChanged
        }
        return change
    }

    private mutating func add(_ hash: UInt64, _ usage: TokenUsage, isFinal: Bool) -> Change {
        let offset = bytes.count
        offsetByHash[hash] = offset
        bytes.append(contentsOf: repeatElement(0, count: Self.entryByteCount))
        store(hash, at: offset)
        var change = Change()
        change.usage.input = raise(offset + 8, to: usage.input)
        change.usage.cacheWrite = raise(offset + 16, to: usage.cacheWrite)
        change.usage.cacheRead = raise(offset + 20, to: usage.cacheRead)
        change.usage.output = raise(offset + 12, to: usage.output)
        if !isFinal {
            let output: UInt32 = load(offset + 12)
            store(output | Self.openBit, at: offset + 12)
        }
        change.isNew = true
        change.open = isFinal ? 0 : 1
        change.isRecentChanged = true
        change.isOlderChanged = olderByteCount == bytes.count
        return change
    }

    /// - Returns: By how much the count grew.
    private mutating func raise(_ offset: Int, to count: Int64) -> Int64 {
        let word: UInt32 = load(offset)
        let old = word & ~Self.openBit
        // Two thousand million tokens are no message's, and unknown.
        guard count > 0, count < Int64(Self.openBit) else { return 0 }
        let new = UInt32(count)
        guard new > old else { return 0 }
        store(word & Self.openBit | new, at: offset)
        return Int64(new - old)
    }

    // MARK: Bytes

    private func load<Number: FixedWidthInteger>(_ offset: Int) -> Number {
        bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }

    private mutating func store(_ number: some FixedWidthInteger, at offset: Int) {
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: number.littleEndian, toByteOffset: offset, as: type(of: number))
        }
    }
}
