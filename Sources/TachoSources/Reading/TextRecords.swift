import TachoCapture
private import TachoJSON
internal import TachoLog

/// The records of an `execution.log`: a line that begins with time and level, and those behind it
/// that do not (a traceback), up to the next that does.
///
/// `2025-12-18 10:00:00 - INFO - message`; a fraction of the second may follow the seconds.
struct TextRecords {
    /// Escaped as JSON a byte may become six, and an event may have 16 MiB.
    static let maximumByteCount = 2 << 20

    private var record: [UInt8] = []
    private var offset = 0
    /// Blank lines, which count only if more of the record follows.
    private var blankLineCount = 0

    mutating func feed(
        _ line: SourceLine, _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        guard case .bytes(let bytes) = line.content else {
            guard try finish(body) else { return false }
            return try body(.rejected(RejectedRecord(line, .lineTooLong)))
        }
        var text = bytes
        if text.last == 0x0D { text = UnsafeRawBufferPointer(rebasing: text.dropLast()) }
        if TextLine(text) != nil {
            guard try finish(body) else { return false }
            record = Array(text)
            offset = line.offset
            return true
        }
        if text.allSatisfy({ $0.isJSONWhitespace }) {
            blankLineCount += 1
            return true
        }
        return try gather(text, line, body)
    }

    /// The end of the file: hands out the last record.
    mutating func finish(
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        blankLineCount = 0
        guard !record.isEmpty else { return true }
        let bytes = record
        record = []
        return try bytes.withUnsafeBufferPointer { bytes throws(LogError) in
            try body(.value(UnsafeRawBufferPointer(bytes), offset: offset))
        }
    }

    private mutating func gather(
        _ text: UnsafeRawBufferPointer, _ line: SourceLine,
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        let byteCount = record.count + blankLineCount + 1 + text.count
        guard !record.isEmpty, byteCount <= Self.maximumByteCount else {
            let reason: RejectionReason = record.isEmpty ? .notALogLine : .recordTooLong
            return try body(.rejected(RejectedRecord(reason, offset: line.offset, bytes: text)))
        }
        record.append(contentsOf: repeatElement(0x0A, count: blankLineCount + 1))
        record.append(contentsOf: text)
        blankLineCount = 0
        return true
    }
}

/// A line that begins with time and level, with its parts located.
struct TextLine {
    let time: Timestamp
    let level: Range<Int>
    /// To the end of the line, or of the lines that belong to it.
    let message: Range<Int>

    /// - Complexity: O(1): at most 64 bytes are looked at.
    init?(_ line: UnsafeRawBufferPointer) {
        guard line.count >= 19, line[0].isASCIIDigit else { return nil }
        var timeEnd = 19
        if timeEnd + 1 < line.count,
            line[timeEnd] == UInt8(ascii: ",")
                || line[timeEnd] == UInt8(ascii: ".")
        {
            timeEnd += 1
            while timeEnd < min(line.count, 32), line[timeEnd].isASCIIDigit { timeEnd += 1 }
        }
        guard let time = Timestamp(iso8601: Array(line[..<timeEnd])),
            line[timeEnd...].starts(with: Self.separator)
        else { return nil }
        let levelStart = timeEnd + Self.separator.count
        var levelEnd = levelStart
        while levelEnd < min(line.count, levelStart + 16),
            (0x41...0x5A).contains(line[levelEnd] & 0xDF)
        {
            levelEnd += 1
        }
        guard levelEnd > levelStart, line[levelEnd...].starts(with: " -".utf8) else { return nil }
        var messageStart = levelEnd + 2
        if messageStart < line.count, line[messageStart] == 0x20 { messageStart += 1 }
        self.time = time
        level = levelStart..<levelEnd
        message = messageStart..<line.count
    }

    private static let separator = Array(" - ".utf8)
}
