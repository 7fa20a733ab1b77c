import TachoJSON
import TachoQuery

/// Prints what statements answer, piece by piece where no column has to be as wide as its widest
/// value.
struct SQLPrinter {
    let output: OutputOptions
    let rowLimit: Int?
    var warnings: [String]
    /// Of a script with several, each has rows of its own.
    let statementCount: Int
    private var printedCount = 0
    private var piece: [UInt8] = []

    private static let pieceByteCount = 1 << 20

    init(output: OutputOptions, rowLimit: Int?, warnings: [String], statementCount: Int) {
        self.output = output
        self.rowLimit = rowLimit
        self.warnings = warnings
        self.statementCount = statementCount
    }

    private var schema: String { statementCount == 1 ? "tacho.sql/1" : "tacho.sql.script/1" }

    mutating func print(_ statement: SQLStatement) throws {
        defer { printedCount += 1 }
        switch output.format {
        case .json: try printJSON(statement)
        case .csv: try printCSV(statement)
        case .text: try printText(statement)
        }
    }

    /// Closes what was begun, and tells what is to be known beside the rows.
    mutating func finish() throws {
        if output.format == .json {
            if statementCount > 1 { piece.append(UInt8(ascii: "]")) }
            let whole = JSONEnvelope(schema: schema, warnings: warnings).bytes { $0.value(nil) }
            piece += whole.dropFirst("{\"schema\":\"\(schema)\",\"data\":null".utf8.count)
        } else {
            let style = output.errorStyle
            for warning in warnings { Output.note(style.apply(.warning, "warning: ") + warning) }
        }
        try flush()
    }

    /// Gives the rows one after the other, up to the limit.
    private mutating func forEachRow(
        _ statement: SQLStatement, _ body: (inout SQLPrinter) throws -> Void
    ) throws {
        var count = 0
        while try statement.step() {
            if let rowLimit, count == rowLimit {
                warnings.append(
                    "only the first \(Quantity.count(count, "row")) of statement "
                        + "\(printedCount + 1); --max-rows says how many")
                return
            }
            count += 1
            try body(&self)
            if piece.count > Self.pieceByteCount { try flush() }
        }
    }

    private mutating func flush() throws {
        try Output.write(piece)
        piece.removeAll(keepingCapacity: true)
    }

    // MARK: Formats

    private mutating func printJSON(_ statement: SQLStatement) throws {
        if printedCount == 0 {
            piece += Array("{\"schema\":\"\(schema)\",\"data\":".utf8)
            if statementCount > 1 { piece.append(UInt8(ascii: "[")) }
        } else {
            piece.append(UInt8(ascii: ","))
        }
        piece.append(UInt8(ascii: "["))
        let names = statement.columnNames
        var writer = JSONWriter()
        var isFirst = true
        try forEachRow(statement) { printer in
            writer.reset()
            writer.beginObject()
            for (column, name) in names.enumerated() {
                writer.key(name)
                statement.value(column).write(to: &writer)
            }
            writer.endObject()
            if !isFirst { printer.piece.append(UInt8(ascii: ",")) }
            isFirst = false
            printer.piece += writer.bytes
        }
        piece.append(UInt8(ascii: "]"))
    }

    private mutating func printCSV(_ statement: SQLStatement) throws {
        if printedCount > 0 { piece.append(0x0A) }
        piece += Array(CSV.line(statement.columnNames).utf8)
        try forEachRow(statement) { printer in
            printer.piece += Array(CSV.line(statement.row.map(\.plain)).utf8)
        }
    }

    private mutating func printText(_ statement: SQLStatement) throws {
        var rows = [[SQLValue]]()
        try forEachRow(statement) { _ in rows.append(statement.row) }
        if printedCount > 0 { try Output.write("\n") }
        let fields = statement.columnNames.enumerated().map { place, name -> Listing.Field in
            let isNumber = rows.allSatisfy { $0[place].isNumberOrNull }
            return Listing.Field(
                TerminalText.sanitized(name), right: isNumber && !rows.isEmpty, drop: place,
                minimum: isNumber ? nil : 8, maximum: isNumber ? nil : 60)
        }
        var listing = Listing(schema: schema, fields: fields)
        listing.rows = rows.map { $0.map(\.cell) }
        listing.emptyMessage = "No rows."
        try listing.print(output)
    }
}

extension SQLValue {
    fileprivate var isNumberOrNull: Bool {
        switch self {
        case .null, .integer, .real: true
        case .text, .blob: false
        }
    }

    fileprivate var cell: Cell {
        switch self {
        case .null: .unknown
        case .integer(let number): .number(number)
        case .real(let number): .real(number)
        case .text(let text): .text(String(decoding: text, as: UTF8.self))
        case .blob: .text(plain)
        }
    }

    /// For CSV; blobs are hexadecimal.
    fileprivate var plain: String {
        switch self {
        case .null: ""
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): String(decoding: text, as: UTF8.self)
        case .blob(let bytes):
            bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
                .joined()
        }
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.value(nil)
        case .integer(let number): writer.value(number)
        case .real(let number): writer.value(number)
        case .text(let text): writer.value(text)
        case .blob: writer.value(plain)
        }
    }
}
