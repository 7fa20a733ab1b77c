private import CLZ4

/// Bare LZ4 blocks, whose sizes are kept elsewhere: for the parts of a segment's columns.
enum LZ4Block {
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

    /// Fills `target` to the last byte.
    ///
    /// - Returns: Whether that is what the block is.
    static func decode(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let source = block.baseAddress, let address = target.baseAddress,
            block.count < 1 << 30, target.count < 1 << 30
        else { return false }
        // LZ4_decompress_safe reads and writes only inside the two buffers it is given.
        let written = LZ4_decompress_safe(
            source.assumingMemoryBound(to: CChar.self),
            address.assumingMemoryBound(to: CChar.self), CInt(block.count), CInt(target.count))
        return Int(written) == target.count
    }
}
