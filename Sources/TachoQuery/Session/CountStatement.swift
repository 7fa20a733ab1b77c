import CSQLite

/// `SELECT count(*) FROM table WHERE condition`, put so that the table counts.
///
/// SQLite counts by stepping from row to row, and cannot tell a virtual table that it wants nothing
/// else. So the table is asked for the column ``column``, which says how many rows a row stands for:
/// 1, or all of them where the table looks after the whole condition. The sum is the count in either
/// case.
struct CountStatement {
    /// Of every table, behind its others; hidden.
    static let column = "counted_rows"

    /// The table's name, in small letters.
    let table: String
    /// From the table's name to the end of the condition.
    private let source: ArraySlice<UInt8>

    /// What would make something else of a condition, or of what follows it.
    private static let otherWords: Set = [
        "select", "values", "with", "union", "intersect", "except", "group", "having", "window",
        "order", "limit", "offset",
    ]

    /// `nil` if the statement, which SQLite has accepted, is of another form.
    init?(_ text: [UInt8]) {
        var tokens = SQLTokens(text)
        for word in ["select", "count", "(", "*", ")", "from"] {
            guard tokens.next()?.isWord(word) == true else { return nil }
        }
        guard let name = tokens.next(), name.isName else { return nil }
        var end = name.range.upperBound
        var next = tokens.next()
        if next?.isWord("as") == true {
            guard let alias = tokens.next(), alias.isName else { return nil }
            end = alias.range.upperBound
            next = tokens.next()
        }
        if next?.isWord("where") == true {
            while let token = tokens.next(), !token.isWord(";") {
                guard !token.isOne(of: Self.otherWords) else { return nil }
                end = token.range.upperBound
            }
        } else if let next, !next.isWord(";") {
            return nil
        }
        table = name.text
        source = text[name.range.lowerBound..<end]
    }

    /// The statement with the sum, whose column has this name.
    func text(named name: String) -> [UInt8] {
        let quoted = name.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"")
        let sum = "SELECT ifnull(sum(\(Self.column)), 0) AS \"\(quoted)\" FROM "
        return Array(sum.utf8) + source
    }

    /// Whether SQLite does nothing with a row but to add its count, by `EXPLAIN` of the statement.
    ///
    /// Its instructions are no promise of SQLite's: any that is not expected is one that tests the
    /// row.
    static func isSummedOnly(_ program: OpaquePointer, columnCount: Int) -> Bool {
        var isInLoop = false
        while sqlite3_step(program) == SQLITE_ROW {
            let instruction = sqlite3_column_text(program, 1).map { String(cString: $0) }
            switch instruction {
            case "VFilter" where !isInLoop: isInLoop = true
            case "VNext" where isInLoop: return true
            case "AggStep" where isInLoop: break
            case "VColumn" where isInLoop:
                guard sqlite3_column_int64(program, 3) == columnCount else { return false }
            default: if isInLoop { return false }
            }
        }
        return false
    }
}

/// The tokens of SQL, as far as ``CountStatement`` has to tell them apart: words and signs from what
/// is quoted or a comment.
private struct SQLTokens {
    struct Token {
        let range: Range<Int>
        /// A word in small letters, or a sign; empty for what is quoted, a table's name, too.
        let text: String
        let isName: Bool

        func isWord(_ word: String) -> Bool { text == word }
        func isOne(of words: Set<String>) -> Bool { words.contains(text) }
    }

    private let text: [UInt8]
    private var place = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    mutating func next() -> Token? {
        skipBlanks()
        guard place < text.count else { return nil }
        let start = place
        let first = text[start]
        switch first {
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            skipQuoted(until: first)
            return Token(range: start..<place, text: "", isName: first != UInt8(ascii: "'"))
        case UInt8(ascii: "["):
            skipQuoted(until: UInt8(ascii: "]"))
            return Token(range: start..<place, text: "", isName: true)
        case let byte where Self.isLetter(byte):
            while place < text.count, Self.isLetter(text[place]) { place += 1 }
            let word = String(decoding: text[start..<place], as: UTF8.self).lowercased()
            return Token(range: start..<place, text: word, isName: true)
        default:
            place += 1
            return Token(
                range: start..<place, text: String(UnicodeScalar(first)), isName: false)
        }
    }

    /// Of a word, digits too: where a number ends is of no interest.
    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    /// A doubled quote ends one text and begins the next, which comes to the same here.
    private mutating func skipQuoted(until quote: UInt8) {
        place += 1
        while place < text.count, text[place] != quote { place += 1 }
        place = min(place + 1, text.count)
    }

    private mutating func skipBlanks() {
        while place < text.count {
            let following = place + 1 < text.count ? text[place + 1] : 0
            switch (text[place], following) {
            case (0x20, _), (0x09...0x0D, _): place += 1
            case (UInt8(ascii: "-"), UInt8(ascii: "-")):
                while place < text.count, text[place] != 0x0A { place += 1 }
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                place += 3
                while place < text.count,
                    text[place - 1] != UInt8(ascii: "*") || text[place] != UInt8(ascii: "/")
                {
                    place += 1
                }
                place += 1
            default: return
            }
        }
    }
}
