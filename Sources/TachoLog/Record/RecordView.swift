/// One canonical line with its envelope located and its data unread.
///
/// ```
/// {"position":7,"recorded":"2025-12-18T10:00:00.091Z","id":"…","stream":"…","type":"…","source":"…","version":1,"time":"…","data":{…}}
/// ```
///
/// Keys stand in this order, so the envelope is read by position. `time` may be absent. Texts of
/// the envelope hold no backslash and no quote (``EnvelopeText``), so their bytes are their value.
///
/// A view borrows the bytes it was made from and is valid only while they are: inside the closure
/// it was passed to.
public struct RecordView {
    public let position: Position
    public let recorded: Timestamp
    public let id: UnsafeRawBufferPointer
    public let stream: UnsafeRawBufferPointer
    public let type: UnsafeRawBufferPointer
    public let source: UnsafeRawBufferPointer
    public let version: Int
    /// When it happened by the producer's clock; `nil` is unknown.
    public let time: Timestamp?
    /// The submitted JSON object, byte for byte.
    public let data: UnsafeRawBufferPointer
    /// The whole line with its newline.
    public let line: UnsafeRawBufferPointer
}

extension RecordView {
    /// Locates the envelope of a canonical line.
    ///
    /// - Parameter line: With its newline. The data is trusted to be what was validated at append;
    ///   the result is `nil` if this is not a canonical line.
    /// - Complexity: O(envelope), no allocation.
    @inlinable
    public init?(line: UnsafeRawBufferPointer) {
        let ending: StaticString = "}\n"
        let bodyByteCount = line.count - ending.utf8CodeUnitCount
        guard bodyByteCount > 0, line[bodyByteCount] == UInt8(ascii: "}"),
            line[bodyByteCount + 1] == 0x0A
        else { return nil }
        self.init(body: UnsafeRawBufferPointer(rebasing: line[..<bodyByteCount]), line: line)
    }

    /// Locates the envelope of a line whose last brace and what follows are left out of `body`.
    @inlinable
    init?(body: UnsafeRawBufferPointer, line: UnsafeRawBufferPointer) {
        var scanner = EnvelopeScanner(body)
        guard scanner.skip("{\"position\":"), let position = scanner.number(),
            scanner.skip(",\"recorded\":\""), let recorded = scanner.moment(),
            scanner.skip(",\"id\":\""), let id = scanner.text(),
            scanner.skip(",\"stream\":\""), let stream = scanner.text(),
            scanner.skip(",\"type\":\""), let type = scanner.text(),
            scanner.skip(",\"source\":\""), let source = scanner.text(),
            scanner.skip(",\"version\":"), let version = scanner.number()
        else { return nil }
        var time: Timestamp?
        if scanner.skip(",\"time\":\"") {
            time = scanner.moment()
            guard time != nil else { return nil }
        }
        guard scanner.skip(",\"data\":"), let data = scanner.rest(),
            position > 0, position <= Position.largest.rawValue, let version = Int(exactly: version)
        else { return nil }
        self.position = Position(position)
        self.recorded = recorded
        self.id = id
        self.stream = stream
        self.type = type
        self.source = source
        self.version = version
        self.time = time
        self.data = data
        self.line = line
    }
}

extension RecordView {
    /// The same record with other data, of another version of its type.
    ///
    /// ``line`` stays what is in the log.
    package func saying(_ data: UnsafeRawBufferPointer, version: Int) -> RecordView {
        RecordView(
            position: position, recorded: recorded, id: id, stream: stream, type: type,
            source: source, version: version, time: time, data: data, line: line)
    }
}

/// Walks over an envelope from left to right.
///
/// Pointers and not arrays, because this runs once for each record of a replay. Every access is
/// bounded by `end`, which lies inside the buffer the caller lends for the time of the call.
@usableFromInline
struct EnvelopeScanner {
    @usableFromInline var cursor: UnsafeRawPointer?
    @usableFromInline let end: UnsafeRawPointer?

    @inlinable
    init(_ bytes: UnsafeRawBufferPointer) {
        cursor = bytes.baseAddress
        end = bytes.baseAddress.map { $0 + bytes.count }
    }

    @inlinable
    var remaining: Int {
        guard let cursor, let end else { return 0 }
        return end - cursor
    }

    @inlinable @inline(__always)
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard let cursor, remaining >= count else { return false }
        guard matches(cursor, UnsafeRawPointer(text.utf8Start), count) else { return false }
        self.cursor = cursor + count
        return true
    }

    /// Words that overlap; `memcmp` is a call for a dozen bytes.
    @inlinable @inline(__always)
    func matches(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                if !isSame(UInt64.self, left, right, offset) { return false }
                offset &+= 8
            }
            return isSame(UInt64.self, left, right, count &- 8)
        }
        if count >= 4 {
            return isSame(UInt32.self, left, right, 0)
                && isSame(UInt32.self, left, right, count &- 4)
        }
        return (0..<count).allSatisfy { isSame(UInt8.self, left, right, $0) }
    }

    @inlinable @inline(__always)
    func isSame<Word: FixedWidthInteger & BitwiseCopyable>(
        _ word: Word.Type, _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ offset: Int
    ) -> Bool {
        left.loadUnaligned(fromByteOffset: offset, as: word)
            == right.loadUnaligned(fromByteOffset: offset, as: word)
    }

    @inlinable @inline(__always)
    mutating func number() -> UInt64? {
        guard var cursor, let end else { return nil }
        var value: UInt64 = 0
        let start = cursor
        while cursor < end {
            let digit = cursor.load(as: UInt8.self) &- 0x30
            guard digit < 10 else { break }
            guard cursor - start < 19 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            cursor += 1
        }
        self.cursor = cursor
        return cursor > start ? value : nil
    }

    /// Up to the next quote, which is passed over.
    @inlinable @inline(__always)
    mutating func text() -> UnsafeRawBufferPointer? {
        guard let start = cursor, let end else { return nil }
        var cursor = start
        // Eight bytes at a time, up to those with the first quote or backslash in them.
        while end - cursor >= 8 {
            let word = UInt64(littleEndian: cursor.loadUnaligned(as: UInt64.self))
            let found = Self.zeroBytes(word ^ Self.quotes) | Self.zeroBytes(word ^ Self.backslashes)
            if found != 0 {
                cursor += found.trailingZeroBitCount >> 3
                break
            }
            cursor += 8
        }
        while cursor < end {
            let byte = cursor.load(as: UInt8.self)
            if byte == 0x22 {
                self.cursor = cursor + 1
                return UnsafeRawBufferPointer(start: start, count: cursor - start)
            }
            if byte == 0x5C { return nil }
            cursor += 1
        }
        return nil
    }

    @inlinable static var quotes: UInt64 { 0x2222_2222_2222_2222 }
    @inlinable static var backslashes: UInt64 { 0x5C5C_5C5C_5C5C_5C5C }

    /// The high bit of each byte that is zero; bits above the lowest of them may be set, too.
    @inlinable @inline(__always)
    static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// A moment as ``Timestamp/iso8601`` writes it, with its closing quote.
    @inlinable @inline(__always)
    mutating func moment() -> Timestamp? {
        // Of milliseconds or microseconds, which is 24 bytes or 27.
        guard let cursor, remaining > 24 else { return nil }
        let count = cursor.load(fromByteOffset: 24, as: UInt8.self) == 0x22 ? 24 : 27
        guard remaining > count, cursor.load(fromByteOffset: count, as: UInt8.self) == 0x22 else {
            return nil
        }
        self.cursor = cursor + (count + 1)
        return Timestamp(canonical: UnsafeRawBufferPointer(start: cursor, count: count))
    }

    @inlinable
    func rest() -> UnsafeRawBufferPointer? {
        guard let cursor, remaining > 0 else { return nil }
        return UnsafeRawBufferPointer(start: cursor, count: remaining)
    }
}

extension Timestamp {
    /// Reads exactly what ``iso8601`` writes; faster than the general reader.
    @inlinable
    init?(canonical text: UnsafeRawBufferPointer) {
        guard text.count == 24 || text.count == 27, text[text.count - 1] == UInt8(ascii: "Z") else {
            return nil
        }
        // `2025-12-`, `18T10:00`, `:00.091Z` or `:00.09123`, each checked as one word.
        guard let base = text.baseAddress,
            let date = Digits(base, mask: 0x00FF_FF00_FFFF_FFFF, separators: 0x2D00_002D_0000_0000),
            let middle = Digits(
                base + 8, mask: 0xFFFF_00FF_FF00_FFFF, separators: 0x0000_3A00_0054_0000),
            let end = text.count == 24
                ? Digits(base + 16, mask: 0x00FF_FFFF_00FF_FF00, separators: 0x5A00_0000_2E00_003A)
                : Digits(base + 16, mask: 0xFFFF_FFFF_00FF_FF00, separators: 0x0000_0000_2E00_003A)
        else { return nil }
        // All of these are small, so that no sum and no product leaves 64 bits.
        let year = date.pair(0) &* 100 &+ date.pair(2)
        let (month, day) = (date.pair(5), middle.pair(0))
        let (hour, minute, second) = (middle.pair(3), middle.pair(6), end.pair(1))
        var fraction = (end.pair(4) &* 10 &+ end.digit(6)) &* 1000
        if text.count == 27 {
            let (tens, ones) = (text[24] &- 0x30, text[25] &- 0x30)
            guard tens < 10, ones < 10 else { return nil }
            fraction &+= end.digit(7) &* 100 &+ Int64(tens) &* 10 &+ Int64(ones)
        }
        guard month >= 1, month <= 12, day >= 1, day <= 31, hour < 24, minute < 60, second < 60
        else { return nil }
        // Days since 1970, with years that begin in March (see CivilDate); years here are never
        // negative, so plain division rounds down.
        let shifted = month <= 2 ? year &- 1 : year
        guard shifted >= 0 else { return nil }
        let centuries = shifted / 100
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        let days =
            shifted &* 365 &+ shifted &>> 2 &- centuries &+ centuries &>> 2 &+ dayOfYear
            &- 719_468
        let seconds = days &* 86_400 &+ hour &* 3600 &+ minute &* 60 &+ second
        self.init(microseconds: seconds &* 1_000_000 &+ fraction)
    }

    /// Eight bytes of a moment: digits where the mask is set, separators elsewhere.
    @usableFromInline
    struct Digits {
        @usableFromInline let values: UInt64
        /// At each byte what it and the next one say together.
        @usableFromInline let pairs: UInt64

        @inlinable @inline(__always)
        init?(_ start: UnsafeRawPointer, mask: UInt64, separators: UInt64) {
            let word = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
            let values = (word ^ 0x3030_3030_3030_3030) & mask
            // A byte above 9 sets its high bit here; one that carries has it set already.
            let excess = (values &+ (0x7676_7676_7676_7676 & mask)) | values
            guard word & ~mask == separators, excess & 0x8080_8080_8080_8080 == 0 else {
                return nil
            }
            self.values = values
            pairs = values &* 10 &+ values &>> 8
        }

        @inlinable @inline(__always)
        func digit(_ offset: UInt64) -> Int64 { Int64((values &>> (offset &* 8)) & 0xF) }

        @inlinable @inline(__always)
        func pair(_ offset: UInt64) -> Int64 { Int64((pairs &>> (offset &* 8)) & 0xFF) }
    }
}
