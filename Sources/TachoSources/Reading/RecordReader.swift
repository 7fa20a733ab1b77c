import TachoCapture
import TachoLog

/// What reading a file came to.
struct ReadSummary: Hashable, Sendable {
    /// Where reading ended, in plain bytes from the front of the file.
    var byteCount = 0
    var hasByteOrderMark = false
    /// Why it ended before the file did; the records before are good.
    var problem: SourceError?
}

/// Reads a file's records one by one, in memory bounded by the longest of them (by the document
/// for arrays and objects in a row).
enum RecordReader {
    static let chunkByteCount = 1 << 20

    /// Reads `file` from where it stands and calls `body` with each record, until it returns
    /// `false`.
    ///
    /// `offset` is where the file stands, in plain bytes from its front; of lines, the start of
    /// one. `lineEnded` is called behind each line of the form `lines` that ends in a newline, with
    /// the offset behind that newline: reading may go on there another time. With `leavesCutEnd`, what
    /// is broken in a last line without a newline is not told: it is being written, and is judged when
    /// its newline is there.
    static func read(
        _ file: inout SourceFile, form: RecordForm, from offset: Int = 0,
        leavesCutEnd: Bool = false, lineEnded: (Int) -> Void = { _ in },
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> ReadSummary {
        switch form {
        case .lines:
            return try readLines(&file, from: offset, ended: lineEnded) { line throws(LogError) in
                let isOpen = leavesCutEnd && !line.isTerminated
                switch line.content {
                case .bytes(let bytes):
                    return try LineValues.forEach(in: bytes, at: line.offset) {
                        record throws(LogError) in
                        if isOpen, case .rejected = record { return true }
                        return try body(record)
                    }
                case .tooLong:
                    if isOpen { return true }
                    return try body(.rejected(RejectedRecord(line, .lineTooLong)))
                }
            }
        case .text:
            var records = TextRecords()
            let summary = try readLines(&file, from: 0, ended: { _ in }) { line throws(LogError) in
                try records.feed(line, body)
            }
            _ = try records.finish(body)
            return summary
        case .rows, .array, .message: return try readDocument(&file, form, body)
        case .frames: return try readFrames(&file, body)
        }
    }

    private static func readLines(
        _ file: inout SourceFile, from offset: Int, ended: (Int) -> Void,
        _ body: (SourceLine) throws(LogError) -> Bool
    ) throws(LogError) -> ReadSummary {
        var splitter = LineSplitter(at: offset)
        var summary = ReadSummary()
        var chunk = [UInt8](repeating: 0, count: chunkByteCount)
        while let count = fill(&chunk, from: &file, &summary), count > 0 {
            let goesOn = try chunk.withUnsafeBufferPointer { chunk throws(LogError) in
                let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: chunk[..<count]))
                return try splitter.feed(bytes) { line throws(LogError) in
                    let goesOn = try body(line)
                    if line.isTerminated { ended(line.endOffset + 1) }
                    return goesOn
                }
            }
            guard goesOn else { break }
        }
        try splitter.finish(body)
        summary.byteCount = splitter.endOffset
        summary.hasByteOrderMark = splitter.hasByteOrderMark
        return summary
    }

    private static func readDocument(
        _ file: inout SourceFile, _ form: RecordForm,
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> ReadSummary {
        var summary = ReadSummary()
        var document: [UInt8] = []
        document.reserveCapacity(min(file.byteCount, InputLimit.documentByteCount))
        var chunk = [UInt8](repeating: 0, count: chunkByteCount)
        while let count = fill(&chunk, from: &file, &summary), count > 0 {
            document.append(contentsOf: chunk[..<count])
            if document.count > InputLimit.documentByteCount {
                let record = hashRest(document, &chunk, &file, &summary)
                _ = try body(.rejected(record))
                return summary
            }
        }
        summary.byteCount = document.count
        summary.hasByteOrderMark = document.starts(with: ByteOrderMark.bytes)
        _ = try document.withUnsafeBufferPointer { document throws(LogError) in
            let bytes = UnsafeRawBufferPointer(document)
            return form == .message
                ? try body(.value(bytes, offset: 0))
                : try DocumentReader.forEach(in: bytes, form: form, body)
        }
        return summary
    }

    /// Reads messages that have their length before them.
    private static func readFrames(
        _ file: inout SourceFile, _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> ReadSummary {
        var summary = ReadSummary()
        var chunk = [UInt8](repeating: 0, count: chunkByteCount)
        var frames = FrameSplitter()
        while let count = fill(&chunk, from: &file, &summary), count > 0 {
            let goesOn = try chunk.withUnsafeBufferPointer { chunk throws(LogError) in
                try frames.feed(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: chunk[..<count])), body)
            }
            guard goesOn else { break }
        }
        try frames.finish(body)
        summary.byteCount = frames.endOffset
        return summary
    }

    /// Reads on without keeping anything, so that the whole document has a digest.
    private static func hashRest(
        _ start: [UInt8], _ chunk: inout [UInt8], _ file: inout SourceFile,
        _ summary: inout ReadSummary
    ) -> RejectedRecord {
        var hasher = SHA256Hasher()
        start.withUnsafeBytes { hasher.update($0) }
        summary.byteCount = start.count
        while let count = fill(&chunk, from: &file, &summary), count > 0 {
            chunk.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            summary.byteCount += count
        }
        return RejectedRecord(
            .documentTooLong, offset: 0, byteCount: summary.byteCount, digest: hasher.finish(),
            excerpt: Array(start.prefix(RejectedRecord.maximumExcerptByteCount)))
    }

    /// - Returns: How many bytes of `chunk` were filled; `nil` after a failure, which is noted.
    private static func fill(
        _ chunk: inout [UInt8], from file: inout SourceFile, _ summary: inout ReadSummary
    ) -> Int? {
        do throws(SourceError) {
            return try chunk.withUnsafeMutableBufferPointer { chunk throws(SourceError) in
                try file.read(into: UnsafeMutableRawBufferPointer(chunk))
            }
        } catch {
            summary.problem = error
            return nil
        }
    }
}

extension RejectedRecord {
    /// A whole line.
    init(_ line: SourceLine, _ reason: RejectionReason) {
        switch line.content {
        case .bytes(let bytes): self.init(reason, offset: line.offset, bytes: bytes)
        case .tooLong(let byteCount, let digest, let excerpt):
            self.init(
                reason, offset: line.offset, byteCount: byteCount, digest: digest,
                excerpt: excerpt)
        }
    }
}
