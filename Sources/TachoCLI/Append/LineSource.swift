import TachoCapture
import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lines of a pipe, a terminal, or a file, as they come, in memory that no line can exceed.
///
/// A byte order mark in front, which other systems write, is no part of the first line.
struct LineSource: ~Copyable {
    /// Where a line stands in the input.
    struct Place {
        /// From 1.
        let number: Int
        /// Of its first byte.
        let offset: Int
    }

    enum Item {
        /// Without its newline.
        case line([UInt8], Place)
        /// Longer than any event: its size, its digest, and its beginning.
        case tooLong(byteCount: Int, digest: Digest256, excerpt: [UInt8], Place)
        /// More may come, but not now.
        case pause
        case end
    }

    /// The largest data there may be, and an envelope around it.
    static let maximumLineByteCount = NewEvent.maximumDataByteCount + 8192
    private static let pieceByteCount = 1 << 18
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let descriptor: CInt
    private var buffer: [UInt8] = []
    /// Where the next line begins in the buffer, and up to where it has no newline.
    private var start = 0
    private var scanned = 0
    private var isAtEnd = false
    private var number = 1
    private var offset = 0
    /// What was let go of a line that is too long.
    private var tooLong: (byteCount: Int, excerpt: [UInt8])?
    private var hasher = SHA256Hasher()

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Bytes read so far.
    var byteCount: Int { offset + buffer.count - start + (tooLong?.byteCount ?? 0) }

    /// The next line.
    ///
    /// - Parameter waits: If not, the result is `.pause` where reading would have to wait.
    /// - Returns: `.end` for ever after the last one, which needs no newline.
    /// - Throws: ``Failure`` if the input cannot be read.
    mutating func next(waits: Bool) throws(Failure) -> Item {
        while true {
            if let newline = findNewline() {
                return takeLine(end: newline, next: newline + 1)
            }
            scanned = buffer.count
            if buffer.count - start > Self.maximumLineByteCount || tooLong != nil { discard() }
            if isAtEnd {
                guard buffer.count > start || tooLong != nil else { return .end }
                return takeLine(end: buffer.count, next: buffer.count)
            }
            if !waits, !hasInput() { return .pause }
            try fill()
        }
    }

    /// `memchr` looks at sixteen and more bytes at a time, in every build.
    private func findNewline() -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, scanned < bytes.count,
                let found = memchr(base + scanned, 0x0A, bytes.count - scanned)
            else { return nil }
            // `found` lies in the buffer, because `memchr` was given what is left of it.
            return UnsafeRawPointer(found) - base
        }
    }

    private mutating func takeLine(end: Int, next: Int) -> Item {
        if offset == 0, tooLong == nil, buffer[start..<end].starts(with: Self.byteOrderMark) {
            offset += Self.byteOrderMark.count
            start += Self.byteOrderMark.count
        }
        let place = Place(number: number, offset: offset)
        offset += next - start + (tooLong?.byteCount ?? 0)
        number += 1
        defer {
            start = next
            scanned = next
        }
        if tooLong == nil, end - start <= Self.maximumLineByteCount {
            return .line(Array(buffer[start..<end]), place)
        }
        pass(end)
        let (byteCount, excerpt) = tooLong ?? (0, [])
        tooLong = nil
        return .tooLong(byteCount: byteCount, digest: hasher.finish(), excerpt: excerpt, place)
    }

    /// Counts and hashes what is there of a line that is too long, up to `end` in the buffer.
    private mutating func pass(_ end: Int) {
        buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
        let excerpt =
            tooLong?.excerpt
            ?? Array(buffer[start..<end].prefix(RejectedRecord.maximumExcerptByteCount))
        tooLong = ((tooLong?.byteCount ?? 0) + end - start, excerpt)
    }

    /// Lets go of what was read of a line that is too long.
    private mutating func discard() {
        pass(buffer.count)
        buffer.removeAll(keepingCapacity: true)
        start = 0
        scanned = 0
    }

    private func hasInput() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) > 0
    }

    private mutating func fill() throws(Failure) {
        if start > 0 {
            buffer.removeSubrange(..<start)
            scanned -= start
            start = 0
        }
        var count = 0
        var failure: CInt = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceByteCount) { bytes, filled in
            count = read(descriptor, bytes.baseAddress, bytes.count)
            failure = errno
            filled = max(0, count)
        }
        buffer.append(contentsOf: piece)
        if count == 0 { isAtEnd = true }
        guard count < 0 else { return }
        switch failure {
        case EINTR: return
        case EAGAIN:
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&request, 1, -1)
        default:
            throw Failure(
                .failure,
                "standard input cannot be read behind byte \(byteCount): "
                    + String(cString: strerror(failure)))
        }
    }
}
