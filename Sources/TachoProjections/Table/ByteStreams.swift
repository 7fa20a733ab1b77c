import TachoLog

/// Where canonical bytes go: memory, a hash, a file's blocks.
package protocol ByteSink: ~Copyable {
    mutating func write(_ bytes: UnsafeRawBufferPointer)

    /// The bytes of packed numbers, and the numbers, for who makes less of these: see
    /// ``PackedNumbers``.
    mutating func write(
        planes: UnsafeRawBufferPointer, of numbers: UnsafeMutableBufferPointer<UInt64>)

    /// Says that texts of a column follow, for who makes less of those that are alike.
    mutating func beginTexts(_ sizes: TextSizes)
    mutating func endTexts(_ sizes: TextSizes)
}

/// What is known of the sizes of texts.
package struct TextSizes: Sendable {
    /// Of all together.
    package private(set) var byteCount = 0
    package private(set) var largest = 0
    /// The largest that divides all of them; 0 if there is none but empty ones.
    package private(set) var divisor = 0

    package init() {}

    package mutating func add(_ size: Int) {
        byteCount += size
        largest = max(largest, size)
        guard size != divisor, divisor != 1 else { return }
        var rest = size
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    }
}

/// Where canonical bytes come from.
///
/// It knows how many are left, so that nothing is allocated for
/// more than there are.
package protocol ByteSource: ~Copyable {
    var remaining: Int { get }

    /// Fills the whole buffer.
    ///
    /// - Throws: ``TableDecodingError``; what the buffer then holds is undefined.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TableDecodingError)
}

/// Why bytes are not a table.
///
/// Nothing was made of them; the table is to be folded again.
package enum TableDecodingError: Error, Equatable, Sendable {
    /// The bytes end before the table does.
    case truncated
    /// Written by another version of the format.
    case unsupportedFormat
    /// The table of another schema.
    case otherSchema
    /// A number that the format does not allow, in this column; -1 before the first.
    case damaged(column: Int)
    /// A block of the file whose checksum or size is wrong.
    case damagedBlock(offset: Int)
    /// The file could not be read.
    case unreadable(message: String)
}

package struct ArraySink: ByteSink {
    package private(set) var bytes: [UInt8]

    package init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    package mutating func write(_ bytes: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: bytes)
    }
}

struct HashSink: ByteSink, ~Copyable {
    private var hasher = SHA256Hasher()

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        hasher.update(bytes)
    }

    consuming func finish() -> Digest256 {
        hasher.finish()
    }
}

/// Bytes in memory, from front to back.
package struct ArraySource: ByteSource {
    private let bytes: [UInt8]
    private var offset = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var remaining: Int { bytes.count - offset }

    package mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(TableDecodingError) {
        guard buffer.count <= remaining else { throw .truncated }
        let range = offset..<offset + buffer.count
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range]))
        }
        offset += buffer.count
    }
}

extension ByteSink where Self: ~Copyable {
    package mutating func write(
        planes: UnsafeRawBufferPointer, of _: UnsafeMutableBufferPointer<UInt64>
    ) {
        write(planes)
    }

    package mutating func beginTexts(_: TextSizes) {}
    package mutating func endTexts(_: TextSizes) {}

    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    mutating func write<Value: FixedWidthInteger>(littleEndian value: Value) {
        withUnsafeBytes(of: value.littleEndian) { write($0) }
    }
}

extension ByteSource where Self: ~Copyable {
    mutating func integer<Value: FixedWidthInteger>(
        _: Value.Type = Value.self
    ) throws(TableDecodingError) -> Value {
        var value: Value = 0
        try withUnsafeMutableBytes(of: &value) { raw throws(TableDecodingError) in
            try read(into: raw)
        }
        return Value(littleEndian: value)
    }

    /// A number of bytes or things, of which no more than `limit` are possible.
    mutating func count(limit: Int, column: Int) throws(TableDecodingError) -> Int {
        guard let count = Int(exactly: try integer(UInt64.self)), count <= limit else {
            throw .damaged(column: column)
        }
        return count
    }

    /// The next `count` bytes, in an array with some room to grow.
    mutating func bytes(_ count: Int) throws(TableDecodingError) -> [UInt8] {
        guard count <= remaining else { throw .truncated }
        return try makeArray(count, reserve: count / 32) { raw throws(TableDecodingError) in
            try self.read(into: UnsafeMutableRawBufferPointer(raw))
        }
    }
}

/// An array of `count` elements that `body` writes, with room for `reserve` more.
func makeArray<Element: BitwiseCopyable>(
    _ count: Int, reserve: Int,
    _ body: (UnsafeMutableBufferPointer<Element>) throws(TableDecodingError) -> Void
) throws(TableDecodingError) -> [Element] {
    var failure: TableDecodingError?
    let array = [Element](unsafeUninitializedCapacity: count + reserve) { buffer, written in
        // `body` writes every element or throws; after a throw the array is dropped unread.
        do throws(TableDecodingError) {
            try body(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            written = count
        } catch {
            failure = error
            written = 0
        }
    }
    if let failure { throw failure }
    return array
}
