import TachoLog

/// Compresses what is written to it: first the state, which it hashes on the way, then the index.
struct SnapshotBlockSink: ByteSink, ~Copyable {
    /// Of the state.
    private(set) var byteCount = 0
    private(set) var indexByteCount = 0
    private var blocks: [UInt8] = []
    /// Of each block: bytes that it holds, its own, and its kind.
    private var sizes: [(raw: UInt32, stored: UInt32, kind: SnapshotBlocks.Kind)] = []
    private var pending: [UInt8] = []
    private let knownHash: Digest256?
    private let encoder = SnapshotBlockEncoder()
    private var hasher = SHA256Hasher()
    private var isInIndex = false

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

    private mutating func endBlock() {
        guard !pending.isEmpty else { return }
        append(pending.withUnsafeBytes { encoder.encode($0) }, rawByteCount: pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func append(
        _ encoded: (kind: SnapshotBlocks.Kind, block: [UInt8]), rawByteCount: Int
    ) {
        sizes.append((UInt32(rawByteCount), UInt32(encoded.block.count), encoded.kind))
        blocks += encoded.block
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
        bytes.reserveCapacity(blocks.count + SnapshotBlocks.entryByteCount * sizes.count + 8)
        func append(_ number: UInt32) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(UInt32(sizes.count))
        blocks.withUnsafeBytes { blocks in
            var start = 0
            for (raw, stored, kind) in sizes {
                let end = start + Int(stored)
                append(raw)
                append(stored | UInt32(kind.rawValue) << 24)
                append(
                    CRC32C.checksum(
                        UnsafeRawBufferPointer(rebasing: blocks[start..<end]),
                        seed: headerChecksum))
                start = end
            }
        }
        append(bytes.withUnsafeBytes { CRC32C.checksum($0, seed: headerChecksum) })
        return bytes + blocks
    }
}
