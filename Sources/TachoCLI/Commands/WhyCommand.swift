import ArgumentParser
import TachoLog
import TachoProjections

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show the events behind a row, or behind one value of it.",
        discussion: """
            Every event that changed the row, with what was there before and what since, the newest \
            last. The table is folded again for it, up to the row's last change. \
            `tacho cat --from P --to P` prints the event at position P.

            EXAMPLES
              tacho why workflow_history a1b2c3d4 status
              tacho why sessions f6991f4d --limit 5
              tacho why tool_calls toolu_01 --as-of 2025-12-18 --json
            """)

    @Argument(help: "The table; `tacho tables` lists them.")
    var table: String

    @Argument(
        help: "The row: the value of the table's first column, or the beginning of one alone.")
    var key: String

    @Argument(help: "Only events that changed this column.")
    var column: String?

    @Option(help: "At most so many events, the newest.")
    var limit = 100

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    /// The key itself, else the only one that begins so.
    private func key(in table: Table) throws(Failure) -> ByteString {
        let key = ByteString(key)
        guard !self.key.isEmpty, table.row(forKey: key) == nil else { return key }
        let matches = Array(
            (0..<table.rowCount).lazy.map { table.key($0) }.filter { $0.hasPrefix(key) })
        guard matches.count > 1 else { return matches.first ?? key }
        throw .ambiguous(self.key, matches.map(\.description))
    }

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    func run() throws {
        if let view = allViews.first(where: { $0.name == table }) {
            throw Failure(
                .usage, "\(table) is made of \(view.source): `tacho why \(view.source) KEY`")
        }
        guard let schema = allProjectors.first(where: { $0.name == table })?.schema else {
            throw Failure.unknownTable(table)
        }
        let place = try place(in: schema)
        let tables = try OpenTables(
            [WantedTable(table)], in: location, asOf: asOf.asOf, output.messages)
        let projection = try tables.projection(table)
        let progress = ProgressBar(
            "folding", isQuiet: output.isQuiet, color: output.messages.color)
        let found = try RowHistory.trace(
            try key(in: projection.table), in: projection, column: place, limit: limit,
            history: tables.reader,
            snapshots: SnapshotStore(directory: location.layout.snapshots)
        ) { position, last in
            progress.update(
                Int(clamping: position.rawValue), of: Int(clamping: last.rawValue), unit: "events")
        }
        progress.finish()
        guard let found else { throw Failure.unknownKey(key, in: projection.table) }
        // The changes before the cut are gone; those behind it are told all the same.
        let expired = found.damage.first { $0.code == .expired }
        if let expired, found.changes.isEmpty { throw Failure(expired) }
        try print(found, schema, tables.warnings)
        if let expired { throw Failure(expired) }
        try tables.checkDamage()
    }

    private func place(in schema: TableSchema) throws(Failure) -> Int? {
        guard let column else { return nil }
        guard let place = schema.column(named: column), !schema.columns[place].isHidden else {
            throw Failure(.unknownColumn(column, table: schema.name), schema)
        }
        return place
    }

    private func print(
        _ found: RowHistory, _ schema: TableSchema, _ warnings: [String]
    ) throws(OutputError) {
        var listing = Listing(
            schema: "tacho.why/1",
            fields: [
                .init("position", right: true), .init("recorded", "recorded (UTC)", drop: 3),
                .init("type", drop: 2, minimum: 12), .init("source", drop: 4, minimum: 8),
                .init("updated_by", detail: true), .init("column"),
                .init("old", minimum: 8, maximum: 40), .init("new", minimum: 8, maximum: 40),
            ])
        for change in found.changes {
            let event: [Cell] = [
                Cell(change.position), .moment(change.recorded), .text(change.type.description),
                .text(change.source.description), .text(change.updatedBy?.description),
            ]
            if change.cells.isEmpty { listing.rows.append(event + [.unknown, .unknown, .unknown]) }
            for cell in change.cells {
                let name = schema.columns[cell.column].name
                listing.rows.append(event + [.text(name), Cell(cell.old), Cell(cell.new)])
            }
        }
        listing.warnings = warnings
        let older = found.count - found.changes.count
        if older > 0 {
            listing.warnings.append(
                "\(Quantity.count(older, "older event")) not shown; --limit \(found.count) "
                    + "shows all")
        }
        listing.emptyMessage = "No event has changed it."
        try listing.print(output)
    }
}

extension Failure {
    static func unknownKey(_ key: String, in table: Table) -> Failure {
        // A large table has too many keys to compare all of them for a hint.
        let keys = (0..<min(table.rowCount, 20_000)).map { table.key($0).description }
        let nearest = Spelling.nearest(to: key, in: keys).map { " Did you mean \($0)?" } ?? ""
        // The name of a hidden key tells nobody anything.
        let column = table.schema.columns[table.schema.keyColumn]
        return Failure(
            .failure,
            "\(table.schema.name) has no row with the \(column.isHidden ? "key" : column.name) "
                + "\(key).\(nearest)")
    }
}
