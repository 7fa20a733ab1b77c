private import CLZ4
private import CLZ4Start

/// Blocks of lines: what frames are made of.
///
/// Columns and snapshots are left to the library alone: their matches are short and from near, and
/// what is gained on lines is lost there twice.
package enum LZ4TextBlock {
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
        // whose matches reach back into what is there already. The two functions of it, and this
        // one of ours, read and write only inside the buffers that they are given.
        let start = tacho_lz4_start(source, block.count, address, target.count)
        let rest = source.assumingMemoryBound(to: CChar.self) + start.consumed
        let restCount = CInt(block.count - start.consumed)
        let filled = address.assumingMemoryBound(to: CChar.self)
        let free = filled + start.written
        let freeCount = CInt(target.count - start.written)
        let written =
            start.written == 0
            ? LZ4_decompress_safe(rest, free, restCount, freeCount)
            : LZ4_decompress_safe_usingDict(
                rest, free, restCount, freeCount, filled, CInt(start.written))
        return written < 0 ? nil : start.written + Int(written)
    }
}
