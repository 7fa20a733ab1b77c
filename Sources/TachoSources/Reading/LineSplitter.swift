import TachoCapture
package import TachoLog

/// One line of a file, without its newline.
package struct SourceLine {
    package enum Content {
        /// Lent for the time of the call.
        case bytes(UnsafeRawBufferPointer)
        /// Too long to be held: only its size, its digest, and its beginning are known.
        case tooLong(byteCount: Int, digest: Digest256, excerpt: [UInt8])
    }

    /// Of its first byte in the file's plain content.
    package let offset: Int
    package let content: Content
    /// Whether a newline stands behind it; the last line of a file that is being written has none.
    package let isTerminated: Bool

    /// Behind its last byte, where its newline stands if it has one.
    package var endOffset: Int {
        switch content {
        case .bytes(let bytes): offset + bytes.count
        case .tooLong(let byteCount, _, _): offset + byteCount
        }
    }
}

/// Cuts a stream of bytes into lines, in bounded memory.
///
/// Lines that lie inside one chunk are lent without a copy; one that goes over chunks is gathered
/// up to ``InputLimit/lineByteCount``. A longer one is hashed as it passes and told as too long, and
/// the line behind it is read again as any other. The same bytes give the same lines, however they
/// are cut into chunks. A byte order mark at the front belongs to no line.
package struct LineSplitter: ~Copyable {
    package private(set) var hasByteOrderMark = false
    private var pending: [UInt8] = []
    private var pendingOffset = 0
    private var chunkOffset = 0
    private var isOverlong = false
    private var overlongByteCount = 0
    private var excerpt: [UInt8] = []
    private var hasher = SHA256Hasher()
    private let limit: Int

    /// `offset` is where in the file the first byte fed stands: the start of a line.
    package init(at offset: Int = 0, limit: Int = InputLimit.lineByteCount) {
        self.limit = limit
        chunkOffset = offset
    }

    /// Where in the file the next byte stands that is fed.
    package var endOffset: Int { chunkOffset }

    /// Takes the next bytes and calls `body` for each line that ends in them.
    ///
    /// - Returns: `false` if `body` returned `false`; the rest of the chunk is then dropped.
    package mutating func feed(
        _ chunk: UnsafeRawBufferPointer, _ body: (SourceLine) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        var start = 0
        defer { chunkOffset += chunk.count }
        while start < chunk.count {
            guard let newline = chunk.firstIndex(of: 0x0A, from: start) else {
                gather(UnsafeRawBufferPointer(rebasing: chunk[start...]), at: chunkOffset + start)
                return true
            }
            let part = UnsafeRawBufferPointer(rebasing: chunk[start..<newline])
            let goesOn: Bool
            if isOverlong || !pending.isEmpty || part.count > limit {
                gather(part, at: chunkOffset + start)
                goesOn = try release(isTerminated: true, body)
            } else {
                goesOn = try body(line(part, at: chunkOffset + start, isTerminated: true))
            }
            guard goesOn else { return false }
            start = newline + 1
        }
        return true
    }

    /// The end of the bytes: calls `body` with what stands behind the last newline, if anything.
    package mutating func finish(
        _ body: (SourceLine) throws(LogError) -> Bool
    ) throws(LogError) {
        guard isOverlong || !pending.isEmpty else { return }
        _ = try release(isTerminated: false, body)
    }

    private mutating func gather(_ part: UnsafeRawBufferPointer, at offset: Int) {
        if isOverlong {
            hasher.update(part)
            overlongByteCount += part.count
            return
        }
        if pending.isEmpty { pendingOffset = offset }
        guard pending.count + part.count > limit else {
            pending.append(contentsOf: part)
            return
        }
        isOverlong = true
        overlongByteCount = pending.count + part.count
        excerpt = Array(pending.prefix(RejectedRecord.maximumExcerptByteCount))
        excerpt += part.prefix(RejectedRecord.maximumExcerptByteCount - excerpt.count)
        pending.withUnsafeBytes { hasher.update($0) }
        hasher.update(part)
        pending = []
    }

    private mutating func release(
        isTerminated: Bool, _ body: (SourceLine) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        if isOverlong {
            let content = SourceLine.Content.tooLong(
                byteCount: overlongByteCount, digest: hasher.finish(), excerpt: excerpt)
            isOverlong = false
            excerpt = []
            return try body(
                SourceLine(offset: pendingOffset, content: content, isTerminated: isTerminated))
        }
        var gathered: [UInt8] = []
        swap(&gathered, &pending)
        defer {
            gathered.removeAll(keepingCapacity: gathered.capacity <= 2 << 20)
            swap(&gathered, &pending)
        }
        return try gathered.withUnsafeBufferPointer { bytes throws(LogError) in
            try body(
                line(
                    UnsafeRawBufferPointer(bytes), at: pendingOffset, isTerminated: isTerminated))
        }
    }

    private mutating func line(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, isTerminated: Bool
    ) -> SourceLine {
        guard offset == 0, bytes.starts(with: ByteOrderMark.bytes) else {
            return SourceLine(offset: offset, content: .bytes(bytes), isTerminated: isTerminated)
        }
        hasByteOrderMark = true
        let rest = UnsafeRawBufferPointer(rebasing: bytes[ByteOrderMark.bytes.count...])
        return SourceLine(
            offset: offset + ByteOrderMark.bytes.count, content: .bytes(rest),
            isTerminated: isTerminated)
    }
}

/// U+FEFF in UTF-8, which some editors put in front of a text.
enum ByteOrderMark {
    static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]
}
