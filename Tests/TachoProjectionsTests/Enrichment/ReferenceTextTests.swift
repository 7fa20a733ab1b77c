import TachoLog
import TachoProjections
import Testing

/// Texts and numbers as the reference sees them, where Swift would see them differently.
struct ReferenceTextTests {
    @Test func `two spellings of a letter are two words`() {
        #expect(Similarity.ofTexts("caf\u{E9}", "cafe\u{301}") == 0)
        #expect(Similarity.ofTexts("caf\u{E9}", "CAF\u{C9}") == 1)
    }

    @Test(arguments: [
        ("a\u{1F}b", 2), ("a\u{1C}\u{1D}\u{1E}b", 2), ("a\u{A0}b\u{2003}c", 3), ("a\r\nb", 2),
        ("a \u{301}b", 2), ("a\u{200B}b", 1), (" \u{3000}\t\u{85}", 0), ("\u{E9}\u{1F}b", 2),
    ])
    func `words end where Python splits a text`(text: String, count: Int) {
        #expect(text.wordCount == count)
        #expect(text.words.count == count)
    }

    @Test(arguments: [
        ("\u{1F}test:a:b\u{1C}", "test:a:b"), ("\u{A0}Deps:npm:x \u{85}", "deps:npm:x"),
        ("docs:x: \u{301}", "docs:x: \u{301}"), ("docs:x:\u{301}", "docs:x:\u{301}"),
        ("docs:x:y\r\n", "docs:x:y"), (" \t", nil), ("docs:x:\u{1E}", nil),
    ])
    func `a signature is trimmed and parted as Python does it`(text: String, normal: String?) {
        let normalized = PatternSignature.normalized(text)
        #expect(normalized.map { Array($0.utf8) } == normal.map { Array($0.utf8) })
        #expect(normal.map(PatternSignature.isValid) ?? true)
    }

    @Test(arguments: [
        ("2026-W53-1", 0), ("2025-W53-1", nil), ("2025-W52-7", 6), ("2025-01-15T14:30:00Z", 2),
        ("2025-01-15T14:30:00Z+00:00", nil), ("2025-01-15T14:30:00ZZ", nil), ("2025-01-15Z", 2),
        ("2025-01-15Z14:30", nil),
    ])
    func `a stamp with a week the year does not have, or with two zones, is none`(
        stamp: String, weekday: Int64?
    ) {
        let local = Array(stamp.utf8).withUnsafeBytes { LocalTime(iso8601: $0) }
        #expect(local?.weekday == weekday)
    }

    @Test func `text to search in is in lower case as Swift has it, for every letter`() {
        for texts in ["ΑΣ ΑΣ.", "İI ı", "ẞ Straße", "ǅ ǄA\u{301}", "plain ASCII, ÄÖÜ", ""] {
            #expect(SearchText(texts).bytes == Array(texts.lowercased().utf8))
        }
        for start in stride(from: 0 as UInt32, to: 0x2_0000, by: 512) {
            var text = ""
            text.unicodeScalars.append(
                contentsOf: (start..<start + 512).compactMap { Unicode.Scalar($0) })
            #expect(SearchText(text).bytes == Array(text.lowercased().utf8))
        }
    }

    @Test func `what is no number is written as such`() {
        #expect(DecimalRounding(.nan, places: 1).text == "nan")
        #expect(DecimalRounding(.infinity, places: 1).text == "inf")
        #expect(DecimalRounding(-.infinity, places: 0).text == "-inf")
        #expect(DecimalRounding(2.25, places: 1).text == "2.2")
    }

    @Test func `an empty start is none, and one that says nothing is not known`() {
        var scan = WorkflowEnrichment.Scan()
        for (start, hour) in [(nil, nil), ("", nil), ("bad", -1), ("2026-01-15T11:00:00", 11)] {
            scan.startTime = start
            let enrichment = WorkflowEnrichment(
                reference: scan, now: Timestamp(milliseconds: 1_768_478_400_000))
            #expect(enrichment.hour == hour.map { Int64($0) })
        }
    }
}
