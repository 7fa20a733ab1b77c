/// Lines in LZ4 frames of about a mebibyte, one behind the other and nothing else: what
/// `lz4 -dc FILE` prints.
package struct FramedLinesWriter {
    private var frames: [UInt8] = []
    private var pending: [UInt8] = []
    private var encoder = LZ4FrameEncoder(level: 1)

    private static let frameByteCount = 1 << 20

    package init() {}

    /// - Precondition: A whole line, with its newline, of at most 64 MiB.
    package mutating func append(_ line: [UInt8]) {
        precondition(
            line.count <= SegmentFormat.maximumRawByteCount, "a line fits into one frame")
        if !pending.isEmpty, pending.count + line.count > Self.frameByteCount { endFrame() }
        pending += line
    }

    private mutating func endFrame() {
        encoder.append(pending, to: &frames)
        pending.removeAll(keepingCapacity: true)
    }

    /// The whole file.
    package consuming func finish() -> [UInt8] {
        if !pending.isEmpty { endFrame() }
        return frames
    }
}

/// Reads what ``FramedLinesWriter`` has written.
package enum FramedLines {
    /// Calls `body` with the lines of each frame, once LZ4's own checksums have been compared.
    ///
    /// Memory: one frame, of at most 64 MiB, and no more than LZ4 can make of its bytes.
    ///
    /// - Returns: Where the bytes are no such frames; `nil` if all of them are.
    package static func forEachFrame(
        in bytes: [UInt8], _ body: ([UInt8]) throws -> Void
    ) rethrows -> Int? {
        var checker = LZ4FrameChecker()
        var offset = 0
        while offset < bytes.count {
            let lines: [UInt8]? = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                guard let (byteCount, rawByteCount) = extent(rest) else { return nil }
                let frame = UnsafeRawBufferPointer(rebasing: rest[..<byteCount])
                var fault: LZ4Fault?
                let lines = [UInt8](unsafeUninitializedCapacity: rawByteCount) { buffer, count in
                    // The checker writes at most the buffer's bytes, and all of them or a fault.
                    fault = checker.decode(frame, into: UnsafeMutableRawBufferPointer(buffer))
                    count = fault == nil ? rawByteCount : 0
                }
                offset += byteCount
                return fault == nil ? lines : nil
            }
            guard let lines else { return offset }
            try body(lines)
        }
        return nil
    }

    /// Bytes of the frame at the front, and of what it holds; `nil` if there is none.
    private static func extent(
        _ bytes: UnsafeRawBufferPointer
    ) -> (byteCount: Int, rawByteCount: Int)? {
        // Any other start is as little a frame of ours as a cut one.
        guard let header = try? LZ4FrameHeader(bytes) else { return nil }
        var cursor = ByteCursor(bytes, at: LZ4FrameHeader.byteCount)
        while let word = cursor.integer(UInt32.self) {
            guard word != 0 else {
                guard cursor.integer(UInt32.self) != nil,
                    header.rawByteCount <= 256 * cursor.offset + 1 << 16
                else { return nil }
                return (cursor.offset, header.rawByteCount)
            }
            guard cursor.range(Int(word & 0x7FFF_FFFF)) != nil,
                cursor.integer(UInt32.self) != nil
            else { return nil }
        }
        return nil
    }
}
