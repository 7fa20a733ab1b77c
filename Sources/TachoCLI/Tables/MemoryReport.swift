import TachoJSON
import TachoLog
import TachoProjections

/// What the tables take in memory once they can be changed, with their hash tables and indexes.
struct MemoryReport {
    struct Part {
        let name: String
        let rowCount: Int
        let byteCount: Int
        /// Hidden ones, too: they are kept as the others are.
        let columns: [(name: String, byteCount: Int)]
    }

    let eventCount: Int
    let parts: [Part]
    private let warnings: [String]
    private let tables: OpenTables

    init(_ tables: OpenTables) {
        self.tables = tables
        warnings = tables.warnings
        eventCount = Int(clamping: tables.checkpoint.rawValue)
        parts = tables.live.projections.projections.map { projection in
            var table = projection.table
            table.prepareForChanges()
            return Part(
                name: projection.type.name, rowCount: table.rowCount,
                byteCount: table.memoryByteCount,
                columns: table.schema.columns.indices.map { column in
                    (table.schema.columns[column].name, table.memoryByteCount(of: column))
                })
        }
    }

    var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

    func print(_ options: OutputOptions) throws {
        if options.format == .json {
            try Output.write(json)
        } else {
            try listing.print(options)
        }
        try tables.checkDamage()
    }

    private var listing: Listing {
        var listing = Listing(
            schema: "tacho.status.memory/1",
            fields: [
                .init("table"), .init("rows", right: true), .init("bytes", right: true),
                .init("bytes_per_row", "bytes/row", right: true),
                .init("bytes_per_event", "bytes/event", right: true),
            ])
        listing.rows =
            parts.map { part in
                [
                    .text(part.name), .count(part.rowCount), .byteCount(part.byteCount),
                    Self.ratio(part.byteCount, part.rowCount),
                    Self.ratio(part.byteCount, eventCount),
                ]
            } + [
                [
                    .text("together"), .count(parts.reduce(0) { $0 + $1.rowCount }),
                    .byteCount(byteCount), .unknown, Self.ratio(byteCount, eventCount),
                ]
            ]
        listing.warnings = warnings
        return listing
    }

    private var json: [UInt8] {
        JSONEnvelope(schema: "tacho.status.memory/1", warnings: warnings).bytes { writer in
            writer.beginObject()
            writer.key("events")
            writer.value(eventCount)
            writer.key("bytes")
            writer.value(byteCount)
            writer.key("bytes_per_event")
            Self.ratio(byteCount, eventCount).write(to: &writer)
            writer.key("tables")
            writer.beginArray()
            for part in parts { Self.write(part, eventCount, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func write(_ part: Part, _ eventCount: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.value(part.name)
        for (key, count) in [("rows", part.rowCount), ("bytes", part.byteCount)] {
            writer.key(key)
            writer.value(count)
        }
        writer.key("bytes_per_row")
        ratio(part.byteCount, part.rowCount).write(to: &writer)
        writer.key("bytes_per_event")
        ratio(part.byteCount, eventCount).write(to: &writer)
        writer.key("columns")
        writer.beginArray()
        for column in part.columns {
            writer.beginObject()
            writer.key("name")
            writer.value(column.name)
            writer.key("bytes")
            writer.value(column.byteCount)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// With one digit behind the point; unknown of nothing.
    private static func ratio(_ byteCount: Int, _ count: Int) -> Cell {
        count > 0 ? .real((Double(byteCount) / Double(count) * 10).rounded() / 10) : .unknown
    }
}
