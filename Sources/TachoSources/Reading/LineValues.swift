import TachoCapture
internal import TachoJSON
package import TachoLog

/// The records of one line: usually one; several where a writer lost a newline (`…}{…`).
///
/// Claude Code's transcripts hold such glued lines (SHAPES §1): the last line of a session had no
/// newline when the session was resumed. Both records are whole. Where the first one was cut off
/// in the middle, what follows it on the line is still found if it is whole up to the line's end.
package enum LineValues {
    /// Calls `body` with each record and each rejection, until it returns `false`; hands on what
    /// `body` throws, and whether it wants more.
    ///
    /// The line comes without its newline, and `offset` is where it begins in the file.
    ///
    /// - Complexity: O(line): no byte is validated more than three times.
    package static func forEach(
        in line: UnsafeRawBufferPointer, at offset: Int,
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        var start = 0
        var maySearch = true
        while start < line.count {
            switch next(in: line, from: start) {
            case .success(let range):
                let value = UnsafeRawBufferPointer(rebasing: line[range])
                guard try body(.value(value, offset: offset + range.lowerBound)) else {
                    return false
                }
                start = range.upperBound
            case .failure(let error):
                guard error.reason != .emptyInput else { return true }
                let first = firstNonBlank(line, from: start)
                let glued = maySearch ? gluedValue(in: line, after: first, error) : nil
                maySearch = false
                let broken = UnsafeRawBufferPointer(rebasing: line[first..<(glued ?? line.count)])
                let record = RejectedRecord(
                    .json(error.reason), faultOffset: error.offset - first, offset: offset + first,
                    bytes: broken)
                guard try body(.rejected(record)) else { return false }
                guard let glued else { return true }
                start = glued
            }
        }
        return true
    }

    private static func next(
        in line: UnsafeRawBufferPointer, from start: Int
    ) -> Result<Range<Int>, JSONError> {
        Result { () throws(JSONError) in try JSON.validateValue(in: line, from: start) }
    }

    /// Where a record begins that was glued to one cut off in its middle.
    ///
    /// The cut-off record takes the next one's `{"` for its own, and then finds what cannot stand
    /// there. So the last `{"` up to the fault is tried, and believed only if from there on the
    /// line is whole records to its end. A value that merely ends too early has no such fault: then
    /// the last `{"` would be one of its own members.
    private static func gluedValue(
        in line: UnsafeRawBufferPointer, after start: Int, _ error: JSONError
    ) -> Int? {
        guard error.reason != .unexpectedEnd, error.offset < line.count else { return nil }
        var candidate = error.offset
        while candidate > start {
            if line[candidate] == UInt8(ascii: "{"), candidate + 1 < line.count,
                line[candidate + 1] == UInt8(ascii: "\"")
            {
                return isWholeRecords(line, from: candidate) ? candidate : nil
            }
            candidate -= 1
        }
        return nil
    }

    private static func isWholeRecords(_ line: UnsafeRawBufferPointer, from offset: Int) -> Bool {
        var start = offset
        while true {
            switch next(in: line, from: start) {
            case .success(let range): start = range.upperBound
            case .failure(let error): return error.reason == .emptyInput
            }
        }
    }

    static func firstNonBlank(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset].isJSONWhitespace { offset += 1 }
        return offset
    }
}

extension UInt8 {
    var isJSONWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
