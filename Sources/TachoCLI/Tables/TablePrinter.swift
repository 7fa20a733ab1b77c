import TachoJSON
import TachoLog
import TachoProjections
import TachoQuery

/// Prints rows of a table piece by piece: a million rows need no million strings in memory.
struct TablePrinter {
    let table: Table
    let rows: [Int]
    let columns: [Int]
    let warnings: [String]

    private static let pieceByteCount = 1 << 20

    func print(_ options: OutputOptions) throws {
        switch options.format {
        case .json: try printJSON()
        case .csv: try printCSV()
        case .text: try listing(options).print(options)
        }
        if options.format == .csv {
            for warning in warnings { Output.note("warning: \(warning)") }
        }
    }

    private func printJSON() throws {
        let schema = "tacho.table.\(table.schema.name)/1"
        let whole = JSONEnvelope(schema: schema, warnings: warnings).bytes {
            $0.beginArray()
            $0.endArray()
        }
        // Written around the rows: what stands before and after an empty list.
        let opening = Array("{\"schema\":\"\(schema)\",\"data\":[".utf8)
        precondition(whole.starts(with: opening), "the envelope begins with schema and data")
        try Output.write(opening)
        var writer = JSONWriter()
        for (place, row) in rows.enumerated() {
            if place > 0 { writer.rawValue([UInt8(ascii: ",")]) }
            table.writeJSON(row: row, columns: columns, to: &writer)
            guard writer.bytes.count > Self.pieceByteCount else { continue }
            try Output.write(writer.bytes)
            writer.reset()
        }
        try Output.write(writer.bytes)
        try Output.write(Array(whole.dropFirst(opening.count)))
    }

    private func printCSV() throws {
        var text = CSV.line(columns.map { table.schema.columns[$0].name })
        for row in rows {
            text += CSV.line(columns.map { table.value($0, row).description })
            guard text.utf8.count > Self.pieceByteCount else { continue }
            try Output.write(text)
            text = ""
        }
        try Output.write(text)
    }

    /// Columns in which nothing is known are left out, unless all are wanted.
    private func listing(_ options: OutputOptions) -> Listing {
        let cells = rows.map { row in columns.map { Cell(table.value($0, row)) } }
        let isChosen = columns != table.schema.visibleColumns
        let shown = columns.indices.filter { place in
            if options.isWide || isChosen || columns[place] == table.schema.keyColumn {
                return true
            }
            return cells.contains { cells in
                if case .unknown = cells[place] { return false }
                return true
            }
        }
        let fields = shown.map { place -> Listing.Field in
            let definition = table.schema.columns[columns[place]]
            let isText = definition.type == .text || definition.type == .json
            let isKey = columns[place] == table.schema.keyColumn
            // A key is there to be copied; one that is longer than any agent's id leaves room for
            // what it is the key of, and is whole when it is asked for alone.
            return Listing.Field(
                definition.name, right: definition.type.isNumber, drop: isKey ? 0 : place + 1,
                minimum: isText ? (isKey ? 40 : 12) : nil, maximum: isText && !isKey ? 40 : nil)
        }
        var listing = Listing(schema: "tacho.table.\(table.schema.name)/1", fields: fields)
        listing.rows = cells.map { cells in shown.map { cells[$0] } }
        listing.statusField = "status"
        listing.warnings = warnings
        listing.emptyMessage = "No rows."
        return listing
    }
}

extension ColumnType {
    var isNumber: Bool {
        switch self {
        case .integer, .real, .money: true
        case .text, .boolean, .timestamp, .json: false
        }
    }
}
