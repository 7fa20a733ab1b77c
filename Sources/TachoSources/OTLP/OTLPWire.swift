import TachoCapture

/// Protobuf's wire format, as far as OTLP needs it: fields one after the other, each a tag
/// (`number << 3 | kind`, a varint) and a value.
///
/// Strict: a number of 0, a varint of more than 64 bits, the groups of old, and a length beyond the
/// end are faults. Nothing is copied and nothing is allocated.
///
/// | kind | value |
/// |---|---|
/// | 0 | varint: seven bits a byte, the lowest first, bit 7 says that more follow |
/// | 1 | 8 bytes, little-endian |
/// | 2 | a length (varint), and as many bytes |
/// | 5 | 4 bytes, little-endian |
///
/// Example: `0a 05 6d 6f 64 65 6c` is field 1 of kind 2, 5 bytes: `model`.
///
/// Source: protobuf.dev, "Encoding".
struct OTLPWire {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(UnsafeRawBufferPointer)
        case fixed32(UInt32)
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field; `nil` at the end.
    ///
    /// - Throws: ``OTLPFault``, with `offset` at the field that is none.
    mutating func next() throws(OTLPFault) -> (number: UInt64, value: Value)? {
        guard offset < bytes.count else { return nil }
        var reader = self
        let tag = try reader.varint()
        let number = tag >> 3
        guard number > 0, number < 1 << 29 else { throw .invalidWireFormat }
        let value: Value
        switch tag & 7 {
        case 0: value = .varint(try reader.varint())
        case 1: value = .fixed64(try reader.fixed(UInt64.self))
        case 2: value = .bytes(try reader.lengthDelimited())
        case 5: value = .fixed32(try reader.fixed(UInt32.self))
        default: throw .invalidWireFormat
        }
        offset = reader.offset
        return (number, value)
    }

    /// What is there of a field of kind 2 whose length goes beyond the end; `nil` for other faults.
    func cutOff() -> (number: UInt64, rest: UnsafeRawBufferPointer)? {
        var reader = self
        guard let tag = try? reader.varint(), tag & 7 == 2,  // Any other fault is no cut.
            let count = try? reader.varint(), count > UInt64(bytes.count - reader.offset)
        else { return nil }
        return (tag >> 3, UnsafeRawBufferPointer(rebasing: bytes[reader.offset...]))
    }

    mutating func varint() throws(OTLPFault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < bytes.count else { throw .truncated }
            let byte = bytes[offset]
            offset += 1
            // The tenth byte has one bit left.
            guard shift < 63 || byte <= 1 else { throw .invalidWireFormat }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .invalidWireFormat
    }

    mutating func fixed<Number: FixedWidthInteger>(
        _ type: Number.Type
    ) throws(OTLPFault) -> Number {
        let count = MemoryLayout<Number>.size
        guard bytes.count - offset >= count else { throw .truncated }
        // The bytes were counted above.
        let number = bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
        offset += count
        return Number(littleEndian: number)
    }

    private mutating func lengthDelimited() throws(OTLPFault) -> UnsafeRawBufferPointer {
        let count = try varint()
        guard count <= UInt64(bytes.count - offset) else { throw .truncated }
        let start = offset
        offset += Int(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }
}
