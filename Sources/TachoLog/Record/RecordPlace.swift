/// Where the parts of a record are in its batch: a ``RecordView`` that does not borrow.
///
/// Reading an envelope takes a hundred times as long as this takes to become a view again, so
/// that whoever shows a record to several readers locates it once.
package struct RecordPlace: Sendable {
    package let position: Position
    private let recorded: Timestamp
    private let time: Timestamp?
    private let version: Int
    /// Of the line, in the batch.
    private let offset: Int
    private let byteCount: UInt32
    private let id: Part
    private let stream: Part
    private let type: Part
    private let source: Part
    private let data: Part

    /// Offset in the line, and count.
    private struct Part: Sendable {
        let offset: UInt32
        let byteCount: UInt32

        init(_ bytes: UnsafeRawBufferPointer, in line: UnsafeRawBufferPointer) {
            guard let start = bytes.baseAddress, let base = line.baseAddress else {
                (offset, byteCount) = (0, 0)
                return
            }
            offset = UInt32(truncatingIfNeeded: start - base)
            byteCount = UInt32(truncatingIfNeeded: bytes.count)
        }

        @inline(__always)
        func bytes(in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            let start = Int(offset)
            return UnsafeRawBufferPointer(rebasing: line[start..<start + Int(byteCount)])
        }
    }

    /// - Parameters:
    ///   - record: A view into a batch.
    ///   - offset: Of its line in the batch.
    /// - Precondition: The line is shorter than 4 GiB, as every line of a log is.
    package init(_ record: RecordView, offset: Int) {
        precondition(record.line.count <= UInt32.max, "a line is shorter than 4 GiB")
        position = record.position
        recorded = record.recorded
        time = record.time
        version = record.version
        self.offset = offset
        byteCount = UInt32(record.line.count)
        id = Part(record.id, in: record.line)
        stream = Part(record.stream, in: record.line)
        type = Part(record.type, in: record.line)
        source = Part(record.source, in: record.line)
        data = Part(record.data, in: record.line)
    }

    /// The record again.
    ///
    /// - Parameter batch: The bytes that the record was located in.
    /// - Returns: A view that borrows them.
    @inline(__always)
    package func view(in batch: UnsafeRawBufferPointer) -> RecordView {
        let line = UnsafeRawBufferPointer(rebasing: batch[offset..<offset + Int(byteCount)])
        return RecordView(
            position: position, recorded: recorded, id: id.bytes(in: line),
            stream: stream.bytes(in: line), type: type.bytes(in: line),
            source: source.bytes(in: line), version: version, time: time,
            data: data.bytes(in: line), line: line)
    }
}
