/// The words of an input, as far as its likeness to others needs them: how many, and their hashes.
///
/// Comparing fifty inputs word by word would take milliseconds; comparing their hashes takes
/// microseconds. In its hidden cell, it is hexadecimal digits, eight for each number: the count, then
/// the different hashes (FNV-1a, 32 bits, of the lower-cased words) in ascending order.
///
/// Source: semantics §4.12.
package struct InputWords: Equatable {
    package let count: Int
    /// Ascending, each once.
    private let hashes: [UInt32]

    package init(_ input: String) {
        if let (count, hashes) = Self.read(ascii: input) {
            self.count = count
            self.hashes = hashes
            return
        }
        let words = input.lowercased().words
        count = input.wordCount
        hashes = Set(words.map { Self.hash($0.utf8) }).sorted()
    }

    /// The same, byte by byte; `nil` for an input that is not all ASCII.
    private static func read(ascii input: String) -> (count: Int, hashes: [UInt32])? {
        let found = input.utf8.withContiguousStorageIfAvailable {
            bytes -> (count: Int, hashes: [UInt32])? in
            var hashes: [UInt32] = []
            var word: UInt32?
            for byte in bytes {
                if byte >= 0x80 { return nil }
                if byte.isASCIIWhitespace {
                    if let word { hashes.append(word) }
                    word = nil
                } else {
                    word = hash(byte.smallLetter, after: word ?? firstHash)
                }
            }
            if let word { hashes.append(word) }
            let count = hashes.count
            hashes.sort()
            var kept: [UInt32] = []
            for hash in hashes where hash != kept.last { kept.append(hash) }
            return (count, kept)
        }
        return found ?? nil
    }

    package init(text: UnsafeRawBufferPointer) {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(text.count / 8)
        for start in stride(from: 0, to: text.count - text.count % 8, by: 8) {
            var number: UInt32 = 0
            for byte in text[start..<(start + 8)] {
                number = number << 4 | UInt32(byte < 0x3A ? byte &- 0x30 : byte &- 0x57) & 15
            }
            numbers.append(number)
        }
        count = numbers.first.map { Int($0) } ?? 0
        hashes = Array(numbers.dropFirst())
    }

    package var text: [UInt8] {
        ([UInt32(clamping: count)] + hashes).flatMap { number in
            (0..<8).map { digit in
                let value = UInt8(truncatingIfNeeded: number >> (28 - 4 * UInt32(digit)) & 15)
                return value < 10 ? 0x30 + value : 0x57 + value
            }
        }
    }

    /// Jaccard's index of the two sets of words; 0 if one has none.
    package func likeness(to other: InputWords) -> Double {
        guard !hashes.isEmpty, !other.hashes.isEmpty else { return 0 }
        var shared = 0
        var (left, right) = (0, 0)
        while left < hashes.count, right < other.hashes.count {
            if hashes[left] == other.hashes[right] {
                shared += 1
                left += 1
                right += 1
            } else if hashes[left] < other.hashes[right] {
                left += 1
            } else {
                right += 1
            }
        }
        return Double(shared) / Double(hashes.count + other.hashes.count - shared)
    }

    private static let firstHash: UInt32 = 0x811C_9DC5

    private static func hash(_ byte: UInt8, after hash: UInt32) -> UInt32 {
        (hash ^ UInt32(byte)) &* 0x0100_0193
    }

    private static func hash(_ word: some Sequence<UInt8>) -> UInt32 {
        word.reduce(firstHash) { hash($1, after: $0) }
    }
}
