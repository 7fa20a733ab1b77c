extension [UInt8] {
    /// Appends an integer, lowest byte first.
    mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append(_ digest: Digest256) {
        digest.withUnsafeBytes { append(contentsOf: $0) }
    }
}

/// Reads fixed-width fields one after the other and gives `nil` instead of reading past the end.
///
/// Borrows the bytes it was made from: for use inside one `withUnsafeBytes` only. Every access is
/// checked against `bytes.count` first, with a subtraction that cannot overflow.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        precondition(offset >= 0 && offset <= bytes.count, "a cursor begins inside its bytes")
        self.bytes = bytes
        self.offset = offset
    }

    var remaining: Int { bytes.count - offset }

    /// The next `byteCount` bytes as a range, passed over.
    mutating func range(_ byteCount: Int) -> Range<Int>? {
        guard byteCount >= 0, byteCount <= remaining else { return nil }
        let start = offset
        offset += byteCount
        return start..<offset
    }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
        guard let range = range(Value.bitWidth / 8) else { return nil }
        return Value(
            littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Value.self))
    }

    /// A 32-bit number of things.
    mutating func count() -> Int? { integer(UInt32.self).flatMap { Int(exactly: $0) } }

    /// A 64-bit offset or number of bytes.
    mutating func size() -> Int? { integer(UInt64.self).flatMap { Int(exactly: $0) } }

    /// Above the largest there is none, so that positions can be counted without overflow.
    mutating func position() -> Position? {
        integer(UInt64.self).flatMap { Position($0) <= .largest ? Position($0) : nil }
    }

    mutating func timestamp() -> Timestamp? {
        integer(Int64.self).map { Timestamp(microseconds: $0) }
    }

    mutating func digest() -> Digest256? {
        range(Digest256.byteCount).flatMap {
            Digest256(UnsafeRawBufferPointer(rebasing: bytes[$0]))
        }
    }

    /// Passes over exactly these bytes.
    mutating func skip(_ expected: [UInt8]) -> Bool {
        guard let range = range(expected.count) else { return false }
        return bytes[range].elementsEqual(expected)
    }
}
