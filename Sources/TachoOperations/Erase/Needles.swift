#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Byte strings that are looked for in a store's files: the ids that have to vanish.
package struct Needles: Equatable, Sendable {
    /// Distinct and not empty.
    package private(set) var patterns: [[UInt8]] = []

    /// An id shorter than this is in too much other text; it is looked for as a whole JSON string.
    package static let bareByteCount = 6

    package init() {}

    /// Adds an id, or another text that stands in events.
    package mutating func add(_ text: [UInt8]) {
        guard !text.isEmpty else { return }
        let quote = UInt8(ascii: "\"")
        add(pattern: text.count < Self.bareByteCount ? [quote] + text + [quote] : text)
    }

    /// Adds bytes as they stand in a file.
    package mutating func add(pattern: [UInt8]) {
        guard !pattern.isEmpty, !patterns.contains(pattern) else { return }
        patterns.append(pattern)
    }

    package var longestByteCount: Int { patterns.map(\.count).max() ?? 0 }

    /// How often they occur, those that overlap counted once for each pattern.
    ///
    /// - Complexity: O(bytes × patterns).
    package func count(in bytes: UnsafeRawBufferPointer) -> Int {
        patterns.reduce(0) { $0 + Self.count($1, in: bytes, stopsAtFirst: false) }
    }

    /// Whether any of them occurs in a line, also where JSON spells it with escapes.
    package func occur(inLine line: UnsafeRawBufferPointer) -> Bool {
        if occurAsBytes(in: line) { return true }
        guard line.contains(UInt8(ascii: "\\")) else { return false }
        return JSONEscapes.resolved(line).withUnsafeBytes { occurAsBytes(in: $0) }
    }

    private func occurAsBytes(in bytes: UnsafeRawBufferPointer) -> Bool {
        patterns.contains { Self.count($0, in: bytes, stopsAtFirst: true) > 0 }
    }

    private static func count(
        _ pattern: [UInt8], in bytes: UnsafeRawBufferPointer, stopsAtFirst: Bool
    ) -> Int {
        guard let start = bytes.baseAddress, let first = pattern.first else { return 0 }
        var cursor = start
        // Behind it the pattern has no room: every read below stays inside of `bytes`.
        let end = start + bytes.count - (pattern.count - 1)
        var count = 0
        while cursor < end, let found = memchr(cursor, CInt(first), end - cursor) {
            if memcmp(found, pattern, pattern.count) == 0 {
                count += 1
                if stopsAtFirst { return count }
            }
            cursor = UnsafeRawPointer(found) + 1
        }
        return count
    }
}

/// JSON text with its escapes resolved: for finding what is spelled with them, not for reading.
enum JSONEscapes {
    static func resolved(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var output = [UInt8]()
        output.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < text.count else {
                output.append(byte)
                index += 1
                continue
            }
            if text[index + 1] == UInt8(ascii: "u"), let unit = codeUnit(text, index + 2) {
                index += 6
                var scalar = UInt32(unit)
                if (0xD800..<0xDC00).contains(unit), index + 1 < text.count,
                    text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u"),
                    let low = codeUnit(text, index + 2), (0xDC00..<0xE000).contains(low)
                {
                    scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
                    index += 6
                }
                output += Array(String(Unicode.Scalar(scalar).map(Character.init) ?? "?").utf8)
            } else {
                output.append(text[index + 1])
                index += 2
            }
        }
        return output
    }

    private static func codeUnit(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt16? {
        guard offset + 4 <= text.count else { return nil }
        return UInt16(String(decoding: text[offset..<offset + 4], as: UTF8.self), radix: 16)
    }
}
