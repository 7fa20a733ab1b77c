/// What an active line carries beside its event: `,"_":"b.w.c"` before the last brace.
///
/// - `b`: records still to come in this batch; 0 completes it.
/// - `w`: bytes of this file that were known durable when the record was written.
/// - `c`: CRC-32C as eight hexadecimal digits, over all bytes of the line before them, seeded with
///   the store and the segment, so that a record from elsewhere does not pass.
///
/// Read from the line's end, without parsing JSON. `data` cannot be mistaken for it: the key `_`
/// stands outside of it. Sealing strips it.
struct RecordSuffix: Equatable {
    let remaining: Int
    let watermark: Int
    /// Bytes of the line before the suffix; the canonical line is these and `}\n`.
    let bodyByteCount: Int

    /// Key and quote: `,"_":"`.
    private static let opening: StaticString = ",\"_\":\""
    /// Checksum, quote, brace, newline.
    private static let closingByteCount = 8 + 3

    static func append(
        to lines: inout LineBuffer, lineStart: Int, remaining: Int, watermark: Int,
        seed: ActiveSeed
    ) {
        lines.put(opening)
        lines.putDigits(UInt64(remaining))
        lines.put(".")
        lines.putDigits(UInt64(watermark))
        lines.put(".")
        lines.putHexadecimal(
            CRC32C.checksum(lines.bytes(from: lineStart), seed: seed.rawValue))
        lines.put("\"}\n")
    }

    /// Reads and checks the suffix of an active line; `nil` if the line is not a record of that
    /// file, unchanged.
    ///
    /// - Parameters:
    ///   - line: With its newline.
    ///   - seed: Of the file the line stands in.
    init?(line: UnsafeRawBufferPointer, seed: ActiveSeed) {
        var index = line.count - Self.closingByteCount
        guard index > 24, line[line.count - 3] == UInt8(ascii: "\""),
            line[line.count - 2] == UInt8(ascii: "}"), line[line.count - 1] == 0x0A,
            let checksum = Self.hexadecimal(line, at: index)
        else { return nil }
        guard
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: line[..<index]), seed: seed.rawValue)
                == checksum
        else { return nil }
        guard let watermark = Self.numberEnding(at: &index, in: line),
            let remaining = Self.numberEnding(at: &index, in: line)
        else { return nil }
        let bodyEnd = index - Self.opening.utf8CodeUnitCount
        guard bodyEnd > 0 else { return nil }
        let found = UnsafeRawBufferPointer(rebasing: line[bodyEnd..<index])
        let opening = UnsafeRawBufferPointer(
            start: Self.opening.utf8Start, count: Self.opening.utf8CodeUnitCount)
        guard found.elementsEqual(opening) else { return nil }
        self.remaining = remaining
        self.watermark = watermark
        bodyByteCount = bodyEnd
    }

    private static func hexadecimal(_ line: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
        var value: UInt32 = 0
        for byte in line[offset..<offset + 8] {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
            default: return nil
            }
        }
        return value
    }

    /// Reads `digits.` backwards; `index` stands behind the point before and at the first digit after.
    private static func numberEnding(at index: inout Int, in line: UnsafeRawBufferPointer) -> Int? {
        guard index > 1, line[index - 1] == UInt8(ascii: ".") else { return nil }
        index -= 1
        var value = 0
        var scale = 1
        var count = 0
        while index > 0, line[index - 1] &- 0x30 < 10, count < 18 {
            index -= 1
            value += Int(line[index] - 0x30) * scale
            scale *= 10
            count += 1
        }
        return count > 0 ? value : nil
    }
}

/// What the checksums of an active file begin with: its store and its first position.
struct ActiveSeed: Equatable {
    let rawValue: UInt32

    /// Of no file.
    static let none = ActiveSeed(rawValue: 0)

    private init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    init(store: StoreID, firstPosition: Position) {
        var bytes = Array(store.bytes)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: firstPosition.rawValue >> shift))
        }
        rawValue = bytes.withUnsafeBytes { CRC32C.checksum($0) }
    }
}
