private import CLZ4
private import CLZ4Start

/// Bare LZ4 blocks, whose sizes are kept elsewhere: what frames, columns, and snapshots are made of.
package enum LZ4Block {
    /// - Returns: `nil` if it would not be smaller.
    static func compress(_ bytes: [UInt8], level: Int) -> [UInt8]? {
        guard bytes.count > 16, bytes.count < 1 << 30 else { return nil }
        let capacity = bytes.count - 1
        let compressed = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            // LZ4 writes at most as much as it is told there is room for, and gives 0 if that is
            // too little.
            let written = bytes.withUnsafeBytes { source -> CInt in
                guard let source = source.baseAddress, let address = target.baseAddress else {
                    return 0
                }
                let from = source.assumingMemoryBound(to: CChar.self)
                let to = UnsafeMutableRawPointer(address).assumingMemoryBound(to: CChar.self)
                return level < 3
                    ? LZ4_compress_default(from, to, CInt(bytes.count), CInt(capacity))
                    : LZ4_compress_HC(from, to, CInt(bytes.count), CInt(capacity), CInt(level))
            }
            count = Int(max(0, written))
        }
        return compressed.isEmpty ? nil : compressed
    }

    /// Decodes what `LZ4_decompress_safe` does, and refuses what it refuses, in less time.
    ///
    /// What lies behind the decoded bytes in `target` may be written over.
    ///
    /// - Returns: How many bytes of `target` were filled; `nil` if the block is not a good one.
    package static func decode(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let source = block.baseAddress, let address = target.baseAddress,
            block.count < 1 << 30, target.count < 1 << 30
        else { return nil }
        // Between two sequences there is nothing to be known but where one is in the block and in
        // the target, so that the library can go on with what it takes for a block of its own,
        // whose matches reach back into what is there already. The two functions, and this one of
        // ours, read and write only inside the buffers they are given.
        let start = tacho_lz4_start(source, block.count, address, target.count)
        let rest = source.assumingMemoryBound(to: CChar.self) + start.consumed
        let restCount = CInt(block.count - start.consumed)
        let free = address.assumingMemoryBound(to: CChar.self) + start.written
        let freeCount = CInt(target.count - start.written)
        let written =
            start.written == 0
            ? LZ4_decompress_safe(rest, free, restCount, freeCount)
            : LZ4_decompress_safe_usingDict(
                rest, free, restCount, freeCount, address.assumingMemoryBound(to: CChar.self),
                CInt(start.written))
        return written < 0 ? nil : start.written + Int(written)
    }
}
