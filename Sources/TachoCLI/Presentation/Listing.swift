import TachoJSON
import TachoQuery

/// Rows of named fields, printed as text, as JSON, or as CSV.
///
/// JSON and CSV hold every field under its `key`; the text may leave some out.
struct Listing {
    struct Field {
        let key: String
        var column: TextTable.Column
        /// Only for programs, or with `--wide`.
        var isDetail = false

        init(
            _ key: String, _ title: String? = nil, right: Bool = false, drop: Int = 0,
            minimum: Int? = nil, maximum: Int? = nil, detail: Bool = false
        ) {
            self.key = key
            column = TextTable.Column(
                title: title ?? key, isRightAligned: right, dropOrder: drop,
                minimumWidth: minimum, maximumWidth: maximum)
            isDetail = detail
        }
    }

    let schema: String
    let fields: [Field]
    var rows: [[Cell]] = []
    /// The field whose word decides the colour of its own cell.
    var statusField: String?
    /// What the text says where there are no rows.
    var emptyMessage = "Nothing found."
    var warnings: [String] = []

    /// Prints in the format that was asked for; warnings go to standard error.
    func print(_ options: OutputOptions) throws(OutputError) {
        switch options.format {
        case .json: try Output.write(json)
        case .csv:
            try Output.write(csv)
            warn(options)
        case .text:
            try printText(options)
            warn(options)
        }
    }

    private func warn(_ options: OutputOptions) {
        let style = options.errorStyle
        for warning in warnings { Output.note(style.apply(.warning, "warning: ") + warning) }
    }

    private func printText(_ options: OutputOptions) throws(OutputError) {
        guard !rows.isEmpty else {
            if !options.isQuiet { Output.note(emptyMessage) }
            return
        }
        let (text, dropped) = text(options, width: options.isWide ? nil : Terminal.width())
        try Output.write(text)
        if !dropped.isEmpty, !options.isQuiet, Terminal.isTerminal(Terminal.error) {
            let names = dropped.joined(separator: ", ")
            Output.note(
                options.errorStyle.apply(.faint, "not shown: \(names) (--wide shows all columns)"))
        }
    }

    func text(_ options: OutputOptions, width: Int?) -> (text: String, dropped: [String]) {
        let shown = fields.indices.filter { options.isWide || !fields[$0].isDetail }
        var table = TextTable(columns: shown.map { fields[$0].column })
        if options.isWide {
            for index in table.columns.indices { table.columns[index].maximumWidth = nil }
        }
        table.rows = rows.map { row in
            shown.map { index in
                let text = row[index].display
                let isStatus = fields[index].key == statusField
                return TextTable.Cell(
                    text: text, role: isStatus ? Style.Role(status: text) : .plain)
            }
        }
        return table.rendered(width: width, options.style)
    }

    var json: [UInt8] {
        JSONEnvelope(schema: schema, warnings: warnings).bytes { writeRows(to: &$0) }
    }

    /// A list of objects.
    func writeRows(to writer: inout JSONWriter) {
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (field, cell) in zip(fields, row) {
                writer.key(field.key)
                cell.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    var csv: String {
        CSV.line(fields.map(\.key)) + rows.map { CSV.line($0.map(\.plain)) }.joined()
    }
}
