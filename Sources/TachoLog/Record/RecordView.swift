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
            position > 0, let version = Int(exactly: version)
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

    @inlinable
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard let cursor, remaining >= count else { return false }
        guard matches(cursor, UnsafeRawPointer(text.utf8Start), count) else { return false }
        self.cursor = cursor + count
        return true
    }

    /// Eight bytes at a time; `memcmp` is a call for a dozen bytes.
    @inlinable
    func matches(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        var offset = 0
        while offset + 8 <= count {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset += 8
        }
        while offset < count {
            if left.load(fromByteOffset: offset, as: UInt8.self)
                != right.load(fromByteOffset: offset, as: UInt8.self)
            {
                return false
            }
            offset += 1
        }
        return true
    }

    @inlinable
    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        while remaining > 0, let byte = cursor?.load(as: UInt8.self), byte &- 0x30 < 10 {
            guard count < 19 else { return nil }
            value = value * 10 + UInt64(byte &- 0x30)
            count += 1
            cursor = cursor.map { $0 + 1 }
        }
        return count > 0 ? value : nil
    }

    /// Up to the next quote, which is passed over.
    @inlinable
    mutating func text() -> UnsafeRawBufferPointer? {
        guard let start = cursor, let end else { return nil }
        var cursor = start
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

    /// A moment as ``Timestamp/iso8601`` writes it, with its closing quote.
    @inlinable
    mutating func moment() -> Timestamp? {
        guard let text = text() else { return nil }
        return Timestamp(canonical: text)
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
        @inline(__always)
        func digits(_ offset: Int, _ count: Int) -> Int64? {
            var value: Int64 = 0
            for index in offset..<offset + count {
                let digit = text[index] &- 0x30
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        guard let year = digits(0, 4), let month = digits(5, 2), let day = digits(8, 2),
            let hour = digits(11, 2), let minute = digits(14, 2), let second = digits(17, 2),
            let fraction = digits(20, text.count - 21),
            text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), text[19] == UInt8(ascii: "."),
            month >= 1, month <= 12, day >= 1, day <= 31, hour < 24, minute < 60, second < 60
        else { return nil }
        // Days since 1970, with years that begin in March (see CivilDate); years here are never
        // negative, so plain division rounds down.
        let shifted = month <= 2 ? year - 1 : year
        guard shifted >= 0 else { return nil }
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days =
            era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(
            microseconds: seconds * 1_000_000 + (text.count == 24 ? fraction * 1000 : fraction))
    }
}
