package import TachoLog

/// A history in memory: canonical lines, one after the other, that can be cut anywhere.
package struct EventLines: Sendable {
    private var bytes: [UInt8] = []
    /// Where each line begins; one more than there are lines.
    private var starts = [0]

    package init() {}

    /// All events of a store.
    package init(of reader: LogReader) throws {
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                append(record.line)
                return true
            }
            return true
        }
    }

    package var count: Int { starts.count - 1 }
    package var byteCount: Int { bytes.count }

    package mutating func append(_ line: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: line)
        starts.append(bytes.count)
    }

    mutating func append(_ line: String) {
        bytes.append(contentsOf: line.utf8)
        starts.append(bytes.count)
    }

    func batch(_ range: Range<Int>) -> RecordBatch {
        RecordBatch(bytes: Array(bytes[starts[range.lowerBound]..<starts[range.upperBound]]))
    }

    /// The lines of a range in batches of `size`, the last one shorter.
    func forEachBatch(
        of size: Int, in range: Range<Int>, _ body: (RecordBatch) throws -> Void
    ) rethrows {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
            try body(batch(start..<min(range.upperBound, start + size)))
        }
    }
}
