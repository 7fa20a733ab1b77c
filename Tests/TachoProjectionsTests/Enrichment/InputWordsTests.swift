import TachoProjections
import TestSupport
import Testing

struct InputWordsTests {
    @Test func `hashes say of two texts what their words do, also out of a cell`() {
        var random = SeededRandom(testSeed())
        let vocabulary = ["Add", "add", "a", "page\n", "É", "é", "\u{2003}", "", "the-form", "X1"]
        func text() -> String {
            (0..<Int.random(in: 0...12, using: &random)).map { _ in
                vocabulary.randomElement(using: &random) ?? ""
            }.joined(separator: " ")
        }
        for _ in 0..<300 {
            let (left, right) = (text(), text())
            let words = InputWords(left)
            let read = words.text.withUnsafeBytes { InputWords(text: $0) }

            #expect(read == words)
            #expect(words.count == left.split(whereSeparator: \.isWhitespace).count)
            #expect(
                read.likeness(to: InputWords(right)) == Similarity.ofTexts(left, right),
                "\(left) | \(right)")
        }
    }
}
