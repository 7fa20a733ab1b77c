#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Text in lower case, to look for words in: plain substrings, not whole words.
///
/// `attestation` holds `test`, and `guide` holds `ui`: the reference's rules work that way.
/// Bytes are compared, so that no two spellings of a letter are one.
///
/// Source: semantics §0.
package struct SearchText: Sendable {
    package let bytes: [UInt8]

    /// As `lowercased()` has it, which maps scalar by scalar, but without a `String` of each: a request
    /// is mostly ASCII also where it is not all of it.
    package init(_ text: some StringProtocol) {
        let ofASCII = text.utf8.withContiguousStorageIfAvailable { text -> [UInt8]? in
            guard text.reduce(0, |) < 0x80 else { return nil }
            return text.map(\.smallLetter)
        }
        bytes = (ofASCII ?? nil) ?? Self.smallLetters(of: text)
    }

    private static func smallLetters(of text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value).smallLetter)
            } else {
                bytes.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
            }
        }
        return bytes
    }

    /// Whether `needle`, which is in lower case, is somewhere in here.
    package func holds(_ needle: String) -> Bool {
        var needle = needle
        return needle.withUTF8 { firstOffset(of: UnsafeRawBufferPointer($0), from: 0) } != nil
    }

    package func holds(anyOf needles: [String]) -> Bool {
        needles.contains(where: holds)
    }

    /// How often `needle` is in here, counted without overlaps.
    package func count(of needle: String) -> Int {
        var needle = needle
        return needle.withUTF8 { needle in
            var count = 0
            var start = 0
            while let offset = firstOffset(of: UnsafeRawBufferPointer(needle), from: start) {
                count += 1
                start = offset + max(1, needle.count)
            }
            return count
        }
    }

    private func firstOffset(of needle: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let first = needle.first, let sought = needle.baseAddress else {
            return start <= bytes.count ? start : nil
        }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var offset = start
            // Every read is of `needle.count` bytes that are left from `offset` on.
            while bytes.count - offset >= needle.count,
                let found = memchr(base + offset, Int32(first), bytes.count - offset)
            {
                offset = UnsafeRawPointer(found) - base
                guard bytes.count - offset >= needle.count else { return nil }
                if memcmp(base + offset, sought, needle.count) == 0 { return offset }
                offset += 1
            }
            return nil
        }
    }
}

extension StringProtocol {
    /// The words between runs of whitespace, of which a blank text has none.
    ///
    /// What is whitespace is asked of every scalar, as Python's `str.split` does it: a blank with an
    /// accent on it is one, too, and so are the four separators of ASCII (U+001C to U+001F).
    package var words: [SubSequence] {
        unicodeScalars.split { $0.dividesWords }.map { self[$0.startIndex..<$0.endIndex] }
    }

    /// Without the whitespace at both ends, which is what divides ``words``.
    package var trimmed: SubSequence {
        let scalars = unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.dividesWords }),
            let last = scalars.lastIndex(where: { !$0.dividesWords })
        else { return self[endIndex..<endIndex] }
        return self[start..<scalars.index(after: last)]
    }

    /// How many ``words`` there are; without looking at characters where all are of ASCII.
    package var wordCount: Int {
        let count = utf8.withContiguousStorageIfAvailable { bytes -> Int? in
            var count = 0
            var isInWord = false
            for byte in bytes {
                let isWhitespace = byte.isASCIIWhitespace
                if byte >= 0x80 { return nil }
                if !isWhitespace, !isInWord { count += 1 }
                isInWord = !isWhitespace
            }
            return count
        }
        return (count ?? nil) ?? countOfWords
    }

    /// The same scalar by scalar.
    private var countOfWords: Int {
        var count = 0
        var isInWord = false
        for scalar in unicodeScalars {
            let isWhitespace = scalar.dividesWords
            if !isWhitespace, !isInWord { count += 1 }
            isInWord = !isWhitespace
        }
        return count
    }
}

extension Unicode.Scalar {
    fileprivate var dividesWords: Bool {
        isASCII ? UInt8(truncatingIfNeeded: value).isASCIIWhitespace : properties.isWhitespace
    }
}

extension UInt8 {
    /// Of the whitespace that divides words: what is of ASCII.
    var isASCIIWhitespace: Bool { self == 0x20 || self &- 0x09 < 5 || self &- 0x1C < 4 }

    /// A capital letter of ASCII as the small one, any other byte as it is.
    var smallLetter: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
