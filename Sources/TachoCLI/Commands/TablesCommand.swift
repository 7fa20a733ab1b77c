import ArgumentParser
import TachoJSON
import TachoProjections

struct TablesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables",
        abstract: "List the tables, or the columns of one.",
        discussion: """
            EXAMPLES
              tacho tables
              tacho tables workflow_history
              tacho tables --json | jq -r '.data[].name'
            """)

    @Argument(help: "A table, to list its columns.")
    var name: String?

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        if let name { return try printColumns(name) }
        let tables = try OpenTables(
            allSchemas.map { WantedTable($0.name, columns: []) }, in: location,
            asOf: asOf.asOf, output.messages)
        var listing = Listing(
            schema: "tacho.tables/1",
            fields: [
                .init("name"), .init("rows", right: true), .init("columns", right: true, drop: 2),
                .init("checkpoint", right: true, drop: 3), .init("version", right: true, drop: 4),
                .init("summary", drop: 1, minimum: 20),
            ])
        listing.warnings = tables.warnings
        listing.rows = tables.live.projections.projections.map { projection in
            [
                .text(projection.type.name), .count(projection.table.rowCount),
                .count(projection.table.schema.visibleColumns.count),
                Cell(projection.checkpoint), .number(Int64(projection.type.version)),
                .text(projection.table.schema.summary),
            ]
        }
        listing.rows += tables.views.map { view in
            [
                .text(view.schema.name), .count(view.rowCount),
                .count(view.schema.visibleColumns.count), Cell(tables.checkpoint), .unknown,
                .text(view.schema.summary),
            ]
        }
        try listing.print(output)
        try tables.checkDamage()
    }

    /// Needs no store: the shape of a table is part of the program.
    private func printColumns(_ name: String) throws {
        guard let schema = allSchemas.first(where: { $0.name == name }) else {
            throw Failure.unknownTable(name)
        }
        var listing = Listing(
            schema: "tacho.tables.columns/1",
            fields: [
                .init("name"), .init("type"), .init("indexed", drop: 1),
                .init("summary", minimum: 30),
            ])
        listing.rows = schema.visibleColumns.map { index in
            let column = schema.columns[index]
            return [
                .text(column.name), .text(column.type.name),
                .boolean(column.isIndexed || index == schema.keyColumn), .text(column.summary),
            ]
        }
        try listing.print(output)
    }
}
