import TachoLog

/// Compresses what is written to it: first the state, which it hashes on the way, then the index.
struct SnapshotBlockSink: ByteSink, ~Copyable {
    /// Of the state.
    private(set) var byteCount = 0
    private(set) var indexByteCount = 0
    private var blocks: [UInt8] = []
    private var sizes: [Int] = []
    private var pending: [UInt8] = []
    private let knownHash: Digest256?
    private var hasher = SHA256Hasher()
    private var isInIndex = false

    /// - Parameter stateHash: Of the state that will be written, where it is known.
    init(stateHash: Digest256?) {
        knownHash = stateHash
        pending.reserveCapacity(SnapshotBlocks.byteCount)
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        if isInIndex {
            indexByteCount += bytes.count
        } else {
            byteCount += bytes.count
            if knownHash == nil { hasher.update(bytes) }
        }
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
        let block = SnapshotBlocks.encode(pending)
        sizes.append(block.count)
        blocks += block
        pending.removeAll(keepingCapacity: true)
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
        bytes.reserveCapacity(blocks.count + SnapshotBlocks.entryByteCount * sizes.count + 4)
        func append(_ number: UInt32) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        blocks.withUnsafeBytes { blocks in
            var start = 0
            for size in sizes {
                let block = UnsafeRawBufferPointer(rebasing: blocks[start..<start + size])
                append(UInt32(size))
                append(CRC32C.checksum(block, seed: headerChecksum))
                start += size
            }
        }
        append(bytes.withUnsafeBytes { CRC32C.checksum($0, seed: headerChecksum) })
        return bytes + blocks
    }
}
