/// The paths and files that a text names.
///
/// Not anchored: `tests/` inside a longer path counts, and `.tsx` holds a `.ts`. The rules are the
/// reference's six expressions; written out, because a request is looked through for each of them
/// and a general matcher takes longer than everything else that is done with the request.
///
/// | rule | expression |
/// |---|---|
/// | app | `app/\w+/[\w/]*` |
/// | tests | `tests?/[\w/]*` |
/// | src | `src/[\w/]*` |
/// | endings | `\w+\.py`, `\w+\.ts`, `\w+\.js` |
///
/// Source: semantics §5.2.
package struct FileMentions {
    private let text: [UInt8]
    private var found = Set<[UInt8]>()

    /// Each once, in the order of their bytes.
    package static func all(in text: String) -> [String] {
        var mentions = FileMentions(text: Array(text.utf8))
        if mentions.text.contains(UInt8(ascii: "/")) {
            mentions.findPaths(after: ["app/"], hasName: true)
            mentions.findPaths(after: ["tests/", "test/"], hasName: false)
            mentions.findPaths(after: ["src/"], hasName: false)
        }
        if mentions.text.contains(UInt8(ascii: ".")) { mentions.findFiles([".py", ".ts", ".js"]) }
        return mentions.found.sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether `word`, which is in lower case, stands in the text with no word character beside it.
    package static func holds(_ word: StaticString, in text: [UInt8]) -> Bool {
        let mentions = FileMentions(text: text)
        let first = word.utf8Start.pointee
        return text.indices.contains { start in
            guard text[start] == first, let end = mentions.end(of: word, at: start) else {
                return false
            }
            return mentions.wordEnd(at: end) == end && !mentions.isWordBefore(start)
        }
    }

    private init(text: [UInt8]) {
        self.text = text
    }

    /// Takes matches from left to right, without overlaps.
    ///
    /// - Precondition: All prefixes begin with the same byte.
    private mutating func findPaths(after prefixes: [StaticString], hasName: Bool) {
        let first = prefixes[0].utf8Start.pointee
        var start = 0
        while start < text.count {
            if text[start] == first, let end = path(at: start, after: prefixes, hasName: hasName) {
                found.insert(Array(text[start..<end]))
                start = end
            } else {
                start += 1
            }
        }
    }

    /// Words with an ending: where the whole word has none, no part of it has.
    private mutating func findFiles(_ endings: [StaticString]) {
        // By ending: what was matched before is no part of another match.
        var matchEnds = endings.map { _ in 0 }
        var start = 0
        while start < text.count {
            let end = wordRun(from: start)
            if end > start, end < text.count, text[end] == UInt8(ascii: ".") {
                for (place, ending) in endings.enumerated() {
                    let first = max(start, matchEnds[place])
                    guard first < end, let fileEnd = self.end(of: ending, at: end) else { continue }
                    found.insert(Array(text[first..<fileEnd]))
                    matchEnds[place] = fileEnd
                }
            }
            start = max(end, start + 1)
        }
    }

    /// - Returns: The end of a match that begins at `start`.
    private func path(at start: Int, after prefixes: [StaticString], hasName: Bool) -> Int? {
        for prefix in prefixes {
            guard var end = end(of: prefix, at: start) else { continue }
            if hasName {
                let nameEnd = wordRun(from: end)
                guard nameEnd > end, nameEnd < text.count, text[nameEnd] == UInt8(ascii: "/") else {
                    return nil
                }
                end = nameEnd
            }
            while end < text.count {
                if text[end] == UInt8(ascii: "/") {
                    end += 1
                } else {
                    let next = wordEnd(at: end)
                    if next == end { break }
                    end = next
                }
            }
            return end
        }
        return nil
    }

    private func end(of literal: StaticString, at start: Int) -> Int? {
        literal.withUTF8Buffer { literal in
            let end = start + literal.count
            guard end <= text.count, text[start] == literal[0],
                text[start..<end].elementsEqual(literal)
            else { return nil }
            return end
        }
    }

    // MARK: Word characters

    private func wordRun(from start: Int) -> Int {
        var end = start
        while end < text.count {
            let next = wordEnd(at: end)
            if next == end { break }
            end = next
        }
        return end
    }

    /// Where a word character that begins at `start` ends; `start` if there is none.
    private func wordEnd(at start: Int) -> Int {
        guard start < text.count else { return start }
        let byte = text[start]
        if byte < 0x80 {
            let isWord =
                (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "_")
            return isWord ? start + 1 : start
        }
        // A byte inside a character begins none.
        guard byte & 0xC0 == 0xC0 else { return start }
        var end = start + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        let scalar = String(decoding: text[start..<end], as: UTF8.self).unicodeScalars.first
        return scalar.map(Self.isWord) == true ? end : start
    }

    private func isWordBefore(_ end: Int) -> Bool {
        guard end > 0 else { return false }
        var start = end - 1
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        return wordEnd(at: start) == end
    }

    /// As the reference's language has it: letters, what has a numeric value, and `_`.
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            true
        default:
            scalar.properties.numericType != nil
        }
    }
}
