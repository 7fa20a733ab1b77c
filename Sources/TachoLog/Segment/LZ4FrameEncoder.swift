private import CLZ4

/// Turns whole lines into one LZ4 frame: independent blocks, content size, and LZ4's own checksums
/// of blocks and content, which serve every reader but ours.
struct LZ4FrameEncoder {
    /// 1 is LZ4's fast compression, 3 to 12 its high compression.
    let level: Int
    /// Reused from frame to frame: fresh memory of a megabyte costs a page fault for each 4 KiB.
    private var buffer: [UInt8] = []

    init(level: Int) {
        self.level = level
    }

    /// Appends the frame of `lines` to `output`.
    mutating func append(_ lines: [UInt8], to output: inout [UInt8]) {
        var preferences = LZ4F_preferences_t()
        // A frame has one block, unless a single record is larger than that.
        preferences.frameInfo.blockSizeID = lines.count > 1 << 20 ? LZ4F_max4MB : LZ4F_max1MB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled
        preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
        preferences.frameInfo.contentSize = UInt64(lines.count)
        preferences.compressionLevel = CInt(level)
        let bound = LZ4F_compressFrameBound(lines.count, &preferences)
        if buffer.count < bound { buffer.resize(to: bound) }
        // LZ4 writes at most as much as it is told there is room for, and reads `lines.count`.
        let written = buffer.withUnsafeMutableBytes { buffer in
            lines.withUnsafeBytes { lines in
                LZ4F_compressFrame(
                    buffer.baseAddress, buffer.count, lines.baseAddress, lines.count, &preferences)
            }
        }
        precondition(LZ4F_isError(written) == 0, "a frame fits into the bound LZ4 gives for it")
        output += buffer[..<written]
    }
}
