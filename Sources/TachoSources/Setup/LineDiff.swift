/// Differences of two texts, as `diff -u` prints them.
package enum LineDiff {
    private static let context = 3
    /// Cells of the table in which the common lines are found; beyond it all lines between the
    /// first and the last difference are shown as changed.
    private static let cellLimit = 4_000_000

    private enum Line {
        case kept(ArraySlice<UInt8>)
        case removed(ArraySlice<UInt8>)
        case added(ArraySlice<UInt8>)

        var isKept: Bool {
            if case .kept = self { true } else { false }
        }
    }

    /// Empty if the texts are equal.
    package static func unified(
        _ old: [UInt8], _ new: [UInt8], oldName: String, newName: String
    ) -> String {
        guard old != new else { return "" }
        let lines = compare(split(old), split(new))
        var text = "--- \(oldName)\n+++ \(newName)\n"
        var index = 0
        var (oldNumber, newNumber) = (1, 1)
        while index < lines.count {
            guard let first = lines[index...].firstIndex(where: { !$0.isKept }) else { break }
            let start = max(index, first - context)
            oldNumber += start - index
            newNumber += start - index
            let end = endOfHunk(lines, from: first)
            text += hunk(lines[start..<end], &oldNumber, &newNumber)
            index = end
        }
        return text
    }

    /// Two changes with at most twice the context between them are one hunk.
    private static func endOfHunk(_ lines: [Line], from first: Int) -> Int {
        var last = first
        for index in first..<lines.count {
            if !lines[index].isKept { last = index }
            if index - last > 2 * context { break }
        }
        return min(lines.count, last + 1 + context)
    }

    private static func hunk(
        _ lines: ArraySlice<Line>, _ oldNumber: inout Int, _ newNumber: inout Int
    ) -> String {
        var body = ""
        var (oldCount, newCount) = (0, 0)
        for line in lines {
            switch line {
            case .kept(let bytes):
                oldCount += 1
                newCount += 1
                body += shown(" ", bytes)
            case .removed(let bytes):
                oldCount += 1
                body += shown("-", bytes)
            case .added(let bytes):
                newCount += 1
                body += shown("+", bytes)
            }
        }
        defer {
            oldNumber += oldCount
            newNumber += newCount
        }
        return "@@ -\(range(oldNumber, oldCount)) +\(range(newNumber, newCount)) @@\n" + body
    }

    private static func range(_ number: Int, _ count: Int) -> String {
        count == 0 ? "\(number - 1),0" : count == 1 ? "\(number)" : "\(number),\(count)"
    }

    private static func shown(_ sign: String, _ line: ArraySlice<UInt8>) -> String {
        let text = sign + String(decoding: line, as: UTF8.self)
        return line.last == 0x0A ? text : text + "\n\\ No newline at end of file\n"
    }

    /// Lines with their line breaks.
    private static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for index in text.indices where text[index] == 0x0A {
            lines.append(text[start...index])
            start = index + 1
        }
        if start < text.count { lines.append(text[start...]) }
        return lines
    }

    private static func compare(
        _ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]
    ) -> [Line] {
        let shared = min(old.count, new.count)
        let head = (0..<shared).first { old[$0] != new[$0] } ?? shared
        let tailLimit = shared - head
        let tail =
            (0..<tailLimit).first { old[old.count - 1 - $0] != new[new.count - 1 - $0] }
            ?? tailLimit
        let middle = longestCommon(
            old[head..<old.count - tail], new[head..<new.count - tail])
        return old[..<head].map { .kept($0) } + middle
            + old[(old.count - tail)...].map { .kept($0) }
    }

    /// Keeps as many lines as possible.
    private static func longestCommon(
        _ old: ArraySlice<ArraySlice<UInt8>>, _ new: ArraySlice<ArraySlice<UInt8>>
    ) -> [Line] {
        let (old, new) = (Array(old), Array(new))
        guard old.count * new.count <= cellLimit, !old.isEmpty, !new.isEmpty else {
            return old.map { .removed($0) } + new.map { .added($0) }
        }
        let width = new.count + 1
        var lengths = [Int32](repeating: 0, count: (old.count + 1) * width)
        for row in old.indices.reversed() {
            for column in new.indices.reversed() {
                lengths[row * width + column] =
                    old[row] == new[column]
                    ? lengths[(row + 1) * width + column + 1] + 1
                    : max(lengths[(row + 1) * width + column], lengths[row * width + column + 1])
            }
        }
        var lines: [Line] = []
        var (row, column) = (0, 0)
        while row < old.count || column < new.count {
            if row < old.count, column < new.count, old[row] == new[column] {
                lines.append(.kept(old[row]))
                (row, column) = (row + 1, column + 1)
            } else if row < old.count,
                column == new.count
                    || lengths[(row + 1) * width + column] >= lengths[row * width + column + 1]
            {
                lines.append(.removed(old[row]))
                row += 1
            } else {
                lines.append(.added(new[column]))
                column += 1
            }
        }
        return lines
    }
}
