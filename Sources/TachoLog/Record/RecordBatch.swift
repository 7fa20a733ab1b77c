/// Whole canonical lines of ascending positions, as one run of bytes.
public struct RecordBatch: Sendable {
    /// Every line with its newline.
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Calls `body` with each record in turn until it returns `false`.
    ///
    /// - Throws: What `body` throws; ``LogError`` for a line that is not a record.
    /// - Complexity: O(bytes), no allocation.
    @inlinable
    public func forEachRecord(_ body: (RecordView) throws -> Bool) throws {
        try bytes.withUnsafeBytes { try Self.forEachRecord(in: $0, body) }
    }

    /// The same of a batch's bytes that lie elsewhere.
    @inlinable
    package static func forEachRecord(
        in buffer: UnsafeRawBufferPointer, _ body: (RecordView) throws -> Bool
    ) throws {
        var offset = 0
        while let line = buffer.line(from: offset) {
            guard let record = RecordView(line: line) else {
                throw LogError(.damaged, "a line at byte \(offset) of a batch is not a record")
            }
            if try !body(record) { return }
            offset += line.count
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The line that begins at `offset`, with its newline; `nil` at the end or without a newline.
    @inlinable
    package func line(from offset: Int) -> UnsafeRawBufferPointer? {
        guard offset < count, let newline = firstIndex(of: 0x0A, from: offset) else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[offset...newline])
    }
}
