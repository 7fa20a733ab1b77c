public import CScan

/// Walks over canonical lines and finds where their streams and types are, and no more.
///
/// For questions about all of a log that look at few things of each record: a ``RecordView`` reads
/// two moments and three numbers, which takes as long as everything here. What else is wanted of a
/// line is found when it is asked for.
///
/// ```swift
/// var scanner = LineScanner(lines)
/// while try scanner.next() { count(scanner.stream, scanner.type) }
/// ```
///
/// Pointers, because this is the hot loop of a replay. A view is valid only while the bytes are.
/// Every read is bounded by the line, or is of a word that lies before the end of all lines; a line
/// too near to that end, or that is written otherwise than by this version, is read as a
/// ``RecordView``, which checks every step.
@frozen
public struct LineScanner {
    @usableFromInline var lineStart: UnsafeRawPointer
    /// Behind the newline.
    @usableFromInline var lineEnd: UnsafeRawPointer
    @usableFromInline let start: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer
    @usableFromInline var streamStart: UnsafeRawPointer
    @usableFromInline var streamEnd: UnsafeRawPointer
    @usableFromInline var typeStart: UnsafeRawPointer
    @usableFromInline var typeEnd: UnsafeRawPointer
    /// The line's quotes, looked for from its id on.
    @usableFromInline var quotes: LineQuotes

    /// How far a word may be read behind the end of a line.
    @inlinable static var slack: Int { 64 }

    /// - Parameter lines: Whole canonical lines, each with its newline.
    @inlinable
    public init(_ lines: UnsafeRawBufferPointer) {
        let base = lines.baseAddress ?? UnsafeRawPointer(("" as StaticString).utf8Start)
        start = base
        end = base + lines.count
        lineStart = base
        lineEnd = base
        streamStart = base
        streamEnd = base
        typeStart = base
        typeEnd = base
        quotes = LineQuotes(none: base)
    }

    /// Moves to the next line.
    ///
    /// - Returns: `false` behind the last one.
    /// - Throws: ``LogError`` `.damaged` if what follows is not a canonical line.
    /// - Complexity: O(line), at the speed of the search for its end.
    @inlinable @inline(__always)
    public mutating func next() throws(LogError) -> Bool {
        guard lineEnd < end else { return false }
        lineStart = lineEnd
        let rest = UnsafeRawBufferPointer(start: lineStart, count: end - lineStart)
        guard let newline = rest.firstIndex(of: 0x0A, from: 0) else { throw damage() }
        lineEnd = lineStart + newline + 1
        if end - lineEnd >= Self.slack, locate() { return true }
        try locateSlowly()
        return true
    }

    @inlinable @inline(__always)
    public var stream: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: streamStart, count: streamEnd - streamStart)
    }

    @inlinable @inline(__always)
    public var type: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: typeStart, count: typeEnd - typeStart)
    }

    /// The whole line with its newline.
    @inlinable @inline(__always)
    public var line: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: lineStart, count: lineEnd - lineStart)
    }

    /// Everything about the line; `nil` if it is not canonical behind its type.
    @inlinable
    public var record: RecordView? { RecordView(line: line) }

    /// Of the line; `zero` if it has none, which no line of a log is.
    @inlinable
    public var position: Position {
        var value: UInt64 = 0
        var cursor = lineStart + Self.positionOffset
        // 19 digits at most, as in a `RecordView`: no overflow.
        let limit = min(lineEnd, cursor + 19)
        while cursor < limit {
            let digit = cursor.load(as: UInt8.self) &- 0x30
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            cursor += 1
        }
        return Position(value)
    }

    /// The submitted object, byte for byte; empty if the line is not canonical before it.
    @inlinable @inline(__always)
    public var data: UnsafeRawBufferPointer {
        if end - lineEnd >= Self.slack, let start = locateData() {
            return UnsafeRawBufferPointer(start: start, count: lineEnd - 2 - start)
        }
        return record?.data ?? UnsafeRawBufferPointer(start: lineEnd, count: 0)
    }

    // MARK: - Finding

    /// The bytes before a position.
    @inlinable static var positionOffset: Int { 12 }

    /// - Precondition: ``slack`` bytes may be read behind the line.
    @inlinable @inline(__always)
    mutating func locate() -> Bool {
        let line = lineStart
        guard lineEnd - line >= Self.slack, Self.word(line) == Self.text("{\"positi"),
            Self.halfWord(line + 8) == 0x3A22_6E6F,  // `on":`
            lineEnd[-2] == 0x7D
        else { return false }
        // Up to 19 digits: the comma lies in one of three words.
        var cursor = line + Self.positionOffset
        var marks = Self.marks(Self.word(cursor) ^ 0x2C2C_2C2C_2C2C_2C2C)
        while marks == 0 {
            cursor += 8
            guard cursor < lineEnd else { return false }
            marks = Self.marks(Self.word(cursor) ^ 0x2C2C_2C2C_2C2C_2C2C)
        }
        cursor += marks.trailingZeroBitCount &>> 3
        // `,"recorded":"`, 24 bytes, `","id":"`
        guard Self.word(cursor) == Self.text(",\"record"),
            Self.word(cursor + 5) == Self.text("orded\":\""),
            Self.word(cursor + 37) == Self.text("\",\"id\":\"")
        else { return false }
        quotes = LineQuotes(from: cursor + 45)
        guard let id = quotes.first(from: cursor + 45, lineEnd),
            Self.word(id) == Self.text("\",\"strea"),
            Self.word(id + 4) == Self.text("tream\":\"")
        else { return false }
        streamStart = id + 12
        guard let stream = quotes.first(from: streamStart, lineEnd),
            Self.word(stream) == Self.text("\",\"type\""),
            Self.word(stream + 2) == Self.text("\"type\":\"")
        else { return false }
        streamEnd = stream
        typeStart = stream + 10
        guard let type = quotes.first(from: typeStart, lineEnd),
            Self.word(type) == Self.text("\",\"sourc"),
            Self.word(type + 4) == Self.text("ource\":\"")
        else { return false }
        typeEnd = type
        return true
    }

    /// Where the data begins, of a line that was located.
    @inlinable @inline(__always)
    func locateData() -> UnsafeRawPointer? {
        // A copy: what is found for this question is not kept.
        var quotes = quotes
        guard lineEnd - typeEnd > 64, let source = quotes.first(from: typeEnd + 12, lineEnd),
            Self.word(source) == Self.text("\",\"versi"),
            Self.halfWord(source + 8) == 0x3A22_6E6F
        else { return nil }
        // `1,"time":"`, 24 bytes, `","data":{`; or `1,"data":{`
        let version = source + 12
        let digit = version.load(as: UInt8.self) &- 0x30
        guard digit < 10, version + 53 < lineEnd else { return nil }
        let word = Self.word(version + 1)
        if word == Self.text(",\"time\":"), Self.word(version + 34) == Self.text("\",\"data\"") {
            return version + 43
        }
        return word == Self.text(",\"data\":") ? version + 9 : nil
    }

    @inlinable @inline(__always)
    static func word(_ pointer: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
    }

    @inlinable @inline(__always)
    static func halfWord(_ pointer: UnsafeRawPointer) -> UInt32 {
        UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self))
    }

    /// The eight bytes of a text as a word; folded when compiled.
    @inlinable @inline(__always)
    static func text(_ text: StaticString) -> UInt64 {
        word(UnsafeRawPointer(text.utf8Start))
    }

    /// The high bit of each byte that is zero; exact up to the lowest.
    @inlinable @inline(__always)
    static func marks(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    @usableFromInline @inline(never)
    mutating func locateSlowly() throws(LogError) {
        guard let record = RecordView(line: line), let stream = record.stream.baseAddress,
            let type = record.type.baseAddress
        else { throw damage() }
        streamStart = stream
        streamEnd = stream + record.stream.count
        typeStart = type
        typeEnd = type + record.type.count
    }

    @usableFromInline @inline(never)
    func damage() -> LogError {
        LogError(.damaged, "a line at byte \(lineStart - start) of a batch is not a record")
    }
}

/// Where the quotes of a line are, in 64 of its bytes.
///
/// Lengths of ids, streams, and types differ from line to line; as bits of one word their ends are
/// found without a loop whose end has to be guessed.
@usableFromInline
struct LineQuotes {
    @usableFromInline var block: UnsafeRawPointer
    /// A bit for each quote of the block.
    @usableFromInline var marks: UInt64

    /// - Precondition: 64 bytes may be read at `start`.
    @inlinable @inline(__always)
    init(from start: UnsafeRawPointer) {
        block = start
        marks = tacho_marks64(start, 0x22)
    }

    /// No quotes.
    @inlinable
    init(none start: UnsafeRawPointer) {
        block = start
        marks = 0
    }

    /// The first quote from `start` on, if there is one before the line's end.
    ///
    /// - Precondition: `start` is not before the block, and ``LineScanner/slack`` bytes may be read
    ///   behind the line.
    @inlinable @inline(__always)
    mutating func first(
        from start: UnsafeRawPointer, _ lineEnd: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        // A shift by 64 or more leaves nothing.
        var wanted = marks & (UInt64.max << (start - block))
        while wanted == 0 {
            block += 64
            guard block < lineEnd else { return nil }
            marks = tacho_marks64(block, 0x22)
            wanted = start > block ? marks & (UInt64.max << (start - block)) : marks
        }
        let quote = block + wanted.trailingZeroBitCount
        return quote < lineEnd ? quote : nil
    }
}

extension UnsafeRawPointer {
    /// - Precondition: The byte is readable.
    @inlinable @inline(__always)
    subscript(offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }
}
