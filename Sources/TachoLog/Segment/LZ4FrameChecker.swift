private import CLZ4

/// Decodes a frame through LZ4's frame interface, which checks LZ4's own checksums: for the deep
/// check and for salvage, where no index vouches for the bytes.
struct LZ4FrameChecker: ~Copyable {
    private let context: OpaquePointer

    init() {
        var context: OpaquePointer?
        let status = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let context else {
            fatalError("LZ4 has no memory for a decompression context")
        }
        self.context = context
    }

    deinit {
        LZ4F_freeDecompressionContext(context)
    }

    /// - Returns: The fault, or `nil` if `frame` is one whole frame of `lines.count` raw bytes.
    mutating func decode(
        _ frame: UnsafeRawBufferPointer, into lines: UnsafeMutableRawBufferPointer
    ) -> LZ4Fault? {
        // An earlier fault may have left the context in the middle of a frame.
        LZ4F_resetDecompressionContext(context)
        var consumed = 0
        var filled = 0
        while true {
            // LZ4 reads and writes at most the counts it is given, and gives back what it used.
            var sourceCount = frame.count - consumed
            var targetCount = lines.count - filled
            let hint = LZ4F_decompress(
                context, lines.baseAddress.map { $0 + filled }, &targetCount,
                frame.baseAddress.map { $0 + consumed }, &sourceCount, nil)
            if LZ4F_isError(hint) != 0 {
                return LZ4Fault(
                    offset: consumed, what: String(cString: LZ4F_getErrorName(hint)))
            }
            consumed += sourceCount
            filled += targetCount
            if hint == 0 { break }
            guard sourceCount > 0 || targetCount > 0 else {
                return LZ4Fault(offset: consumed, what: "the LZ4 frame is cut off or too long")
            }
        }
        guard consumed == frame.count, filled == lines.count else {
            return LZ4Fault(offset: consumed, what: "the LZ4 frame ends elsewhere")
        }
        return nil
    }
}
