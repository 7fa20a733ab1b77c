/// Reads the lines of an active file in pieces, so that memory does not depend on its size.
struct ActiveFileReader {
    /// The largest line a record can have: its data, its envelope, its suffix.
    static let maximumLineByteCount = NewEvent.maximumDataByteCount + 4096
    private static let pieceByteCount = 1 << 20

    let fileSystem: any FileSystem
    let file: FileDescriptor
    let path: String

    /// Calls `body` with runs of whole lines, in order, and their offset in the file.
    ///
    /// - Parameters:
    ///   - start: Where a line begins.
    ///   - end: Where to stop; bytes behind it are not read.
    ///   - body: Returns `false` to stop.
    /// - Returns: The offset of the first byte that was not handed out: `end`, or where the last
    ///   line, which has no newline, begins, or where a line begins that is too long for a record.
    /// - Throws: What `body` throws; ``LogError``.
    func forEachRun(
        from start: Int, to end: Int, _ body: (UnsafeRawBufferPointer, Int) throws -> Bool
    ) throws -> Int {
        var offset = start
        var wanted = Self.pieceByteCount
        while offset < end {
            let piece = try fileSystem.readUpTo(
                file, path, at: offset, byteCount: min(wanted, end - offset))
            guard let newline = piece.lastIndex(of: 0x0A) else {
                let isAtEnd = piece.count < wanted
                if isAtEnd || wanted > Self.maximumLineByteCount { return offset }
                wanted *= 2
                continue
            }
            let goesOn = try piece.withUnsafeBytes { raw in
                try body(UnsafeRawBufferPointer(rebasing: raw[...newline]), offset)
            }
            offset += newline + 1
            wanted = Self.pieceByteCount
            if !goesOn { return offset }
        }
        return offset
    }
}
