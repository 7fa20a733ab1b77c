import TachoLog
import TestSupport
import Testing

@testable import TachoProjections

/// Numbering texts, compared with a dictionary of the standard library.
struct TextDictionaryTests {
    @Test(arguments: [0, 1, 2, 10, 1000])
    func `texts are numbered as they come, however many of them do not ascend`(
        everyHowManyth: Int
    ) {
        var random = SeededRandom(testSeed())
        var dictionary = TextDictionary()
        var numbers: [[UInt8]: Int] = [:]
        for index in 0..<3000 {
            let isStray = everyHowManyth > 0 && index % everyHowManyth == everyHowManyth - 1
            let text = Self.text(isStray ? Int(random.next() % 4000) : index)
            let expected = numbers[text] ?? numbers.count
            let (number, isNew) = text.withUnsafeBytes { dictionary.intern($0) }

            #expect(number == expected, "seed \(testSeed())")
            #expect(isNew == (numbers[text] == nil), "seed \(testSeed())")
            numbers[text] = expected
        }
        #expect(dictionary.count == numbers.count)
        dictionary.checkInvariants()
        for index in 0..<4000 {
            let text = Self.text(index)
            #expect(text.withUnsafeBytes { dictionary.number(of: $0) } == numbers[text])
        }
    }

    @Test func `a text is less than those that begin with it, and bytes have no sign`() {
        let texts: [[UInt8]] = [[], [0], [0, 0], [0x7F], [0x80], [0x80, 1], [0xFF], [0xFF, 0]]
        var dictionary = TextDictionary()
        for (number, text) in texts.enumerated() {
            #expect(text.withUnsafeBytes { dictionary.intern($0) } == (number, true))
            #expect(text.withUnsafeBytes { dictionary.intern($0) } == (number, false))
        }
        let ascending = dictionary.memoryByteCount
        for (number, text) in texts.enumerated() {
            #expect(text.withUnsafeBytes { dictionary.number(of: $0) } == number)
        }
        #expect([UInt8(1)].withUnsafeBytes { dictionary.number(of: $0) } == nil)
        dictionary.checkInvariants()

        #expect([UInt8(1)].withUnsafeBytes { dictionary.intern($0) } == (8, true))
        #expect(dictionary.memoryByteCount > ascending, "only now there is a hash table")
        dictionary.checkInvariants()
    }

    @Test(arguments: [true, false])
    func `a dictionary read from a file finds its texts before and after it is prepared`(
        isAscending: Bool
    ) {
        let texts = isAscending ? ["a", "b", "ba", "c"] : ["b", "a", "ba", "c"]
        var dictionary = TextDictionary(
            arena: texts.flatMap(\.utf8),
            starts: TextStarts(sizes: texts.map { UInt32($0.utf8.count) }),
            seed: 7)
        for _ in 0..<2 {
            for (number, text) in texts.enumerated() {
                #expect(Array(text.utf8).withUnsafeBytes { dictionary.number(of: $0) } == number)
            }
            #expect([UInt8(ascii: "d")].withUnsafeBytes { dictionary.number(of: $0) } == nil)
            dictionary.prepare()
            dictionary.checkInvariants()
        }
        #expect([UInt8(ascii: "d")].withUnsafeBytes { dictionary.intern($0) } == (4, true))
        #expect([UInt8(ascii: "a")].withUnsafeBytes { dictionary.intern($0) }.isNew == false)
        dictionary.checkInvariants()
    }

    /// Ascends with `index`; of many lengths.
    private static func text(_ index: Int) -> [UInt8] {
        let digits = String(index)
        let padding = String(repeating: "0", count: 6 - digits.utf8.count)
        return Array((padding + digits + String(repeating: "x", count: index % 70)).utf8)
    }
}
