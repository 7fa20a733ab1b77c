import TachoLog

/// Compresses what is written to it: first the state, which it hashes on the way, then the index.
struct SnapshotBlockSink: ByteSink, ~Copyable {
    /// Of the state.
    private(set) var byteCount = 0
    private(set) var indexByteCount = 0
    private var blocks: [UInt8] = []
    private var entries: [Entry] = []
    /// The first block with these bytes, by their checksum.
    private var numbers: [UInt32: Int] = [:]
    private var pending: [UInt8] = []
    private let knownHash: Digest256?
    private let encoder = SnapshotBlockEncoder()
    private var hasher = SHA256Hasher()
    private var isInIndex = false
    /// Of the texts that are being written, if they may be smaller by the places of their bytes.
    private var textWidth: Int?
    private var isByPlaces = false

    /// Of a block.
    private struct Entry {
        let rawByteCount: Int
        let kind: SnapshotBlocks.Kind
        /// Where it lies among the blocks.
        let range: Range<Int>
        /// Of the first block with these bytes.
        let number: Int
    }

    /// - Parameter stateHash: Of the state that will be written, where it is known.
    init(stateHash: Digest256?) {
        knownHash = stateHash
        pending.reserveCapacity(SnapshotBlocks.byteCount)
    }

    mutating func write(
        planes: UnsafeRawBufferPointer, of numbers: UnsafeMutableBufferPointer<UInt64>
    ) {
        guard planes.count >= SnapshotBlocks.numbersByteCount else { return write(planes) }
        count(planes)
        endBlock()
        append(encoder.encode(planes, of: numbers), rawByteCount: planes.count)
    }

    private mutating func count(_ bytes: UnsafeRawBufferPointer) {
        if isInIndex {
            indexByteCount += bytes.count
        } else {
            byteCount += bytes.count
            if knownHash == nil { hasher.update(bytes) }
        }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        count(bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(SnapshotBlocks.byteCount - pending.count)
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: part))
            rest = rest.dropFirst(part.count)
            if pending.count == SnapshotBlocks.byteCount { endBlock() }
        }
    }

    mutating func beginTexts(_ sizes: TextSizes) {
        guard sizes.byteCount >= SnapshotBlocks.numbersByteCount else { return }
        endBlock()
        isByPlaces = false
        textWidth = TextPlanes.widths.contains(sizes.divisor) ? sizes.divisor : nil
    }

    mutating func endTexts(_ sizes: TextSizes) {
        guard sizes.byteCount >= SnapshotBlocks.numbersByteCount else { return }
        endBlock()
        textWidth = nil
    }

    private mutating func endBlock() {
        guard !pending.isEmpty else { return }
        let encoded = pending.withUnsafeBytes { encodePending($0) }
        isByPlaces = encoded.kind == .planes
        if !isByPlaces { textWidth = nil }
        append(encoded, rawByteCount: pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    /// The first block of some texts is tried in both ways, and tells what is made of the others.
    private func encodePending(
        _ raw: UnsafeRawBufferPointer
    ) -> (kind: SnapshotBlocks.Kind, block: [UInt8]) {
        guard let width = textWidth else { return encoder.encode(raw) }
        if isByPlaces, let encoded = encoder.encode(raw, width: width, limit: raw.count) {
            return encoded
        }
        let plain = encoder.encode(raw)
        return encoder.encode(raw, width: width, limit: plain.block.count) ?? plain
    }

    private mutating func append(
        _ encoded: (kind: SnapshotBlocks.Kind, block: [UInt8]), rawByteCount: Int
    ) {
        let (kind, block) = encoded
        let number = entries.count
        let checksum = CRC32C.checksum(block)
        if let known = numbers[checksum], known < 1 << 24, entries[known].kind == kind,
            entries[known].rawByteCount == rawByteCount,
            blocks[entries[known].range].elementsEqual(block),
            // The file still tells how much memory it may ask for.
            (byteCount + indexByteCount) / SnapshotBlocks.largestRatio <= blocks.count
        {
            return entries.append(entries[known])
        }
        // Of several with that checksum only the first is found again.
        if numbers[checksum] == nil { numbers[checksum] = number }
        let range = blocks.count..<blocks.count + block.count
        entries.append(
            Entry(rawByteCount: rawByteCount, kind: kind, range: range, number: number))
        blocks += block
    }

    /// Ends the last block of the state; what is written from now on is the index.
    ///
    /// - Returns: The state's hash.
    mutating func endState() -> Digest256 {
        endBlock()
        isInIndex = true
        if let knownHash { return knownHash }
        return hasher.finish()
    }

    /// The directory and the blocks, with their checksums.
    consuming func sealed(headerChecksum: UInt32) -> [UInt8] {
        endBlock()
        var bytes = [UInt8]()
        bytes.reserveCapacity(blocks.count + SnapshotBlocks.entryByteCount * entries.count + 8)
        func append(_ number: UInt32) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(UInt32(entries.count))
        for (number, entry) in entries.enumerated() {
            let isFirst = entry.number == number
            append(UInt32(entry.rawByteCount))
            append(
                isFirst
                    ? UInt32(entry.range.count) | UInt32(entry.kind.rawValue) << 24
                    : UInt32(entry.number) | UInt32(SnapshotBlocks.sameKind) << 24)
            append(
                blocks.withUnsafeBytes {
                    CRC32C.checksum(
                        UnsafeRawBufferPointer(rebasing: $0[entry.range]), seed: headerChecksum)
                })
        }
        append(bytes.withUnsafeBytes { CRC32C.checksum($0, seed: headerChecksum) })
        return bytes + blocks
    }
}
