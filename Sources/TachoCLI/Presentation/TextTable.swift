/// Lines and columns of text that fit the terminal.
///
/// Two blanks divide columns; nothing is drawn. What does not fit is cut off in columns that may
/// be cut, and then columns are left out in a fixed order, so that the same width always shows the
/// same columns.
struct TextTable {
    struct Column {
        var title: String
        var isRightAligned = false
        /// 0 always stays; of the others the highest goes first.
        var dropOrder = 0
        /// Down to here the column may be cut; `nil` is never.
        var minimumWidth: Int?
        /// Longer texts are cut even where there is room.
        var maximumWidth: Int?
    }

    struct Cell {
        var text: String
        var role = Style.Role.plain
    }

    var columns: [Column]
    var rows: [[Cell]] = []
    var showsTitles = true

    /// How a table was made to fit.
    struct Layout {
        var columns: [Int]
        var widths: [Int]
    }

    /// - Parameters:
    ///   - width: What to fit into; `nil` is anything.
    ///   - style: How titles and roles look.
    /// - Returns: The lines, each with its newline, and the titles of columns left out.
    func rendered(width: Int?, _ style: Style) -> (text: String, dropped: [String]) {
        let layout = layOut(width)
        var text = ""
        if showsTitles {
            let titles = columns.map { Cell(text: $0.title, role: .heading) }
            appendLine(titles, layout, style, to: &text)
        }
        for row in rows { appendLine(row, layout, style, to: &text) }
        let dropped = columns.indices.filter { !layout.columns.contains($0) }
        return (text, dropped.map { columns[$0].title })
    }

    private func appendLine(
        _ cells: [Cell], _ layout: Layout, _ style: Style, to text: inout String
    ) {
        var line = ""
        for (place, column) in layout.columns.enumerated() {
            let cell = cells[column]
            let isLast = place == layout.columns.count - 1
            let isRightAligned = columns[column].isRightAligned
            let shown = TerminalText.truncated(cell.text, to: layout.widths[column])
            let blanks = String(
                repeating: " ", count: max(0, layout.widths[column] - TerminalText.width(shown)))
            if place > 0 { line += "  " }
            if isRightAligned { line += blanks }
            line += style.apply(cell.role, shown)
            if !isRightAligned, !isLast { line += blanks }
        }
        while line.last == " " { line.removeLast() }
        text += line + "\n"
    }

    private func layOut(_ limit: Int?) -> Layout {
        var widths = columns.indices.map { column in
            let longest = rows.reduce(0) { max($0, TerminalText.width($1[column].text)) }
            let natural = max(longest, showsTitles ? TerminalText.width(columns[column].title) : 0)
            return min(natural, columns[column].maximumWidth ?? natural)
        }
        var shown = Array(columns.indices)
        guard let limit else { return Layout(columns: shown, widths: widths) }
        func excess() -> Int {
            shown.reduce(-2) { $0 + widths[$1] + 2 } - limit
        }
        while excess() > 0 {
            let cut = shown.filter { widths[$0] > columns[$0].minimumWidth ?? .max }
            if cut.reduce(0, { $0 + widths[$1] - (columns[$1].minimumWidth ?? 0) }) >= excess() {
                shrink(cut, by: excess(), &widths)
                break
            }
            let droppable = shown.filter { columns[$0].dropOrder > 0 }
            guard let next = droppable.max(by: { columns[$0].dropOrder < columns[$1].dropOrder })
            else {
                for column in cut { widths[column] = columns[column].minimumWidth ?? 0 }
                break
            }
            shown.removeAll { $0 == next }
        }
        return Layout(columns: shown, widths: widths)
    }

    /// Takes columns of width away, always from the widest.
    private func shrink(_ cut: [Int], by count: Int, _ widths: inout [Int]) {
        for _ in 0..<count {
            let widest = cut.filter { widths[$0] > columns[$0].minimumWidth ?? 0 }
                .max { widths[$0] < widths[$1] }
            guard let widest else { return }
            widths[widest] -= 1
        }
    }
}
