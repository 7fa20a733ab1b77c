package import TachoLog

/// Which workflow and issue a text names: a branch, a title, the body of a pull request.
///
/// A workflow is named as `adw`, up to a few marks or the word `id`, and eight hexadecimal digits
/// (`feature-issue-7-adw-a1b2c3d4-add-x`, `ADW ID: a1b2c3d4`), or as a worktree (`trees/<id>`). An
/// issue is named as `issue-7` in a branch, or as `fixes #7` in a text.
///
/// Source: semantics §1.1, §4.3.
package struct WorkflowMention {
    package private(set) var workflow: ByteString?
    package private(set) var issueNumber: Int64?

    /// Nobody writes his id behind this.
    private static let byteLimit = 64 << 10

    package init(_ text: [UInt8]) {
        let text = text.prefix(Self.byteLimit).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "a") where workflow == nil && Self.isStart(index, text):
                workflow = Self.digits(after: "adw", at: index, text)
            case UInt8(ascii: "t") where workflow == nil && Self.isStart(index, text):
                workflow = Self.worktree(at: index, text)
            case UInt8(ascii: "i") where issueNumber == nil && Self.isStart(index, text):
                issueNumber = Self.number(after: "issue-", at: index, text)
            case UInt8(ascii: "c"), UInt8(ascii: "f"), UInt8(ascii: "r"):
                if issueNumber == nil, Self.isStart(index, text) {
                    issueNumber = Self.closed(at: index, text)
                }
            default: break
            }
            if workflow != nil, issueNumber != nil { break }
        }
    }

    private static func isStart(_ index: Int, _ text: [UInt8]) -> Bool {
        index == 0 || !isWord(text[index - 1])
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || byte &- 0x61 < 6
    }

    private static func digits(
        after word: StaticString, at index: Int, _ text: [UInt8]
    ) -> ByteString? {
        guard var place = end(of: word, at: index, text) else { return nil }
        let limit = min(text.count, place + 12)
        while place < limit {
            if let after = end(of: "id", at: place, text),
                after < text.count, !isHex(text[after])
            {
                place = after
            } else if "-_ :=*`'\"".utf8.contains(text[place]) {
                place += 1
            } else {
                break
            }
        }
        let id = text[place...].prefix(8)
        guard id.count == 8, id.allSatisfy(isHex),
            place + 8 == text.count || !isWord(text[place + 8])
        else { return nil }
        return ByteString(Array(id))
    }

    private static func worktree(at index: Int, _ text: [UInt8]) -> ByteString? {
        guard let place = end(of: "trees/", at: index, text) else { return nil }
        let id = text[place...].prefix(64).prefix {
            isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        return id.isEmpty ? nil : ByteString(Array(id))
    }

    private static func closed(at index: Int, _ text: [UInt8]) -> Int64? {
        let words: [StaticString] = [
            "closes", "closed", "close", "fixes", "fixed", "fix", "resolves", "resolved",
            "resolve",
        ]
        for word in words {
            guard var place = end(of: word, at: index, text) else { continue }
            while place < text.count, text[place] == 0x20 || text[place] == UInt8(ascii: ":") {
                place += 1
            }
            return number(after: "#", at: place, text)
        }
        return nil
    }

    private static func number(
        after word: StaticString, at index: Int, _ text: [UInt8]
    ) -> Int64? {
        guard let place = end(of: word, at: index, text) else { return nil }
        let digits = text[place...].prefix { $0 &- 0x30 < 10 }
        return Int64(String(decoding: digits, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
    }

    private static func end(of word: StaticString, at index: Int, _ text: [UInt8]) -> Int? {
        word.withUTF8Buffer { word in
            text[index...].starts(with: word) ? index + word.count : nil
        }
    }
}
