import TachoJSON
package import TachoLog
package import TachoProjections

/// Writes a table into a text file, row by row, as `tacho table` prints it.
package enum TextExport: String, CaseIterable, Sendable {
    case csv
    /// A JSON object on each line.
    case ndjson

    private static let pieceByteCount = 1 << 20

    /// - Parameters:
    ///   - table: All its columns are open.
    ///   - path: A file that is not there.
    ///   - fileSystem: Where.
    /// - Throws: ``LogError``; what was written so far is to be removed.
    package func write(
        _ table: Table, to path: String, _ fileSystem: any FileSystem = RealFileSystem()
    ) throws(LogError) {
        do throws(FileError) {
            let file = try fileSystem.open(path, .createNew)
            defer { fileSystem.close(file) }
            var offset = 0
            let columns = table.schema.visibleColumns
            var writer = JSONWriter()
            var text = self == .csv ? CSV.line(columns.map { table.schema.columns[$0].name }) : ""
            for row in 0..<table.rowCount {
                if self == .csv {
                    text += CSV.line(columns.map { table.value($0, row).description })
                } else {
                    table.writeJSON(row: row, columns: columns, to: &writer)
                    writer.rawValue([0x0A])
                }
                guard writer.bytes.count + text.utf8.count > Self.pieceByteCount else { continue }
                try flush()
            }
            try flush()
            try fileSystem.synchronize(file)

            func flush() throws(FileError) {
                let bytes = self == .csv ? Array(text.utf8) : writer.bytes
                try fileSystem.writeAll(file, bytes, at: offset)
                offset += bytes.count
                writer.reset()
                text = ""
            }
        } catch {
            throw LogError(error)
        }
    }
}
