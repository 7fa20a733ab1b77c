/// Reads the lines of an active file in pieces, so that memory does not depend on its size.
struct ActiveFileReader {
    /// The largest line a record can have: its data, its envelope, its suffix.
    static let maximumLineByteCount = NewEvent.maximumDataByteCount + 4096
    private static let pieceByteCount = 1 << 20
    /// Who looks for one record has it in the first piece.
    private static let firstPieceByteCount = 1 << 16

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
        // Used again for every piece: new memory would be cleared by the system first.
        var memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(0, min(Self.pieceByteCount, end - start)), alignment: 16)
        defer { memory.deallocate() }
        var offset = start
        var pieceByteCount = Self.firstPieceByteCount
        var wanted = pieceByteCount
        while offset < end {
            let byteCount = min(wanted, end - offset)
            if byteCount > memory.count {
                memory.deallocate()
                memory = .allocate(byteCount: byteCount, alignment: 16)
            }
            let piece = try read(at: offset, byteCount, into: memory)
            guard let newline = piece.lastIndex(of: 0x0A) else {
                let isAtEnd = piece.count < wanted
                if isAtEnd || wanted > Self.maximumLineByteCount { return offset }
                wanted *= 2
                continue
            }
            let goesOn = try body(UnsafeRawBufferPointer(rebasing: piece[...newline]), offset)
            offset += newline + 1
            pieceByteCount = min(pieceByteCount * 4, Self.pieceByteCount)
            wanted = pieceByteCount
            if !goesOn { return offset }
        }
        return offset
    }

    /// As many bytes as there are up to `byteCount`, which `memory` has room for.
    private func read(
        at offset: Int, _ byteCount: Int, into memory: UnsafeMutableRawBufferPointer
    ) throws(LogError) -> UnsafeRawBufferPointer {
        do throws(FileError) {
            let count = try fileSystem.readUpTo(
                file, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]),
                at: offset)
            return UnsafeRawBufferPointer(rebasing: memory[..<count])
        } catch {
            throw LogError(error)
        }
    }
}
