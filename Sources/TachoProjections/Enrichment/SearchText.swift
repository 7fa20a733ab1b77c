/// Text in lower case, to look for words in: plain substrings, not whole words.
///
/// `attestation` holds `test`, and `guide` holds `ui`: the reference's rules work that way.
/// Bytes are compared, so that no two spellings of a letter are one.
///
/// Source: semantics §0.
package struct SearchText: Sendable {
    package let bytes: [UInt8]

    package init(_ text: some StringProtocol) {
        bytes = Array(text.lowercased().utf8)
    }

    /// Whether `needle`, which is in lower case, is somewhere in here.
    package func holds(_ needle: String) -> Bool {
        firstOffset(of: Array(needle.utf8), from: 0) != nil
    }

    package func holds(anyOf needles: [String]) -> Bool {
        needles.contains(where: holds)
    }

    /// How often `needle` is in here, counted without overlaps.
    package func count(of needle: String) -> Int {
        let needle = Array(needle.utf8)
        var count = 0
        var start = 0
        while let offset = firstOffset(of: needle, from: start) {
            count += 1
            start = offset + max(1, needle.count)
        }
        return count
    }

    private func firstOffset(of needle: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first else { return start <= bytes.count ? start : nil }
        guard bytes.count - start >= needle.count else { return nil }
        for offset in start...(bytes.count - needle.count) where bytes[offset] == first {
            if bytes[offset..<(offset + needle.count)].elementsEqual(needle) { return offset }
        }
        return nil
    }
}

extension StringProtocol {
    /// The words between runs of whitespace, of which a blank text has none.
    package var words: [SubSequence] {
        split { $0.isWhitespace }
    }
}
