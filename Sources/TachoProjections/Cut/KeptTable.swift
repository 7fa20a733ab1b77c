package import TachoLog

/// A table as it was at a cut behind which its events are gone: what cannot be folded again.
///
/// A snapshot can be made anew, so that it may be of any format, and of this version only. This one
/// cannot. It is text, one row a line, says itself what its cells are, and is read by every later
/// version: `lz4 -dc FILE | jq -c .`
///
/// ```
/// <KeptHeader>
/// ["a1b2c3d4","completed",null,1766052000000000,[{"cost":1}],…]
/// {"rows":12,"sha256":"<64 digits>"}
/// ```
///
/// The last line has the SHA-256 of all lines before.
package enum KeptTable {
    /// - Precondition: `anchor` is the log's at the projection's checkpoint.
    static func encode(_ projection: Projection, anchor: LogAnchor) -> [UInt8] {
        precondition(
            anchor.position == projection.checkpoint, "a table is kept where it was folded up to")
        let header = KeptHeader(projection, anchor: anchor)
        var writer = KeptWriter(header)
        let table = projection.table
        var values = [Value](repeating: .unknown, count: header.columns.count)
        for row in 0..<table.rowCount {
            for column in values.indices { values[column] = table.value(column, row) }
            writer.append(values)
        }
        return writer.finish()
    }

    /// Only the header, of which nothing was compared with what follows.
    package static func header(_ bytes: [UInt8]) -> KeptHeader? {
        struct Found: Error {}
        var header: KeptHeader?
        // What follows the first line is not looked at.
        _ = try? FramedLines.forEachFrame(in: bytes) { lines in
            header = KeptHeader(line: Array(lines.prefix { $0 != 0x0A }) + [0x0A])
            throw Found()
        }
        return header
    }

    /// Reads a kept table from front to back.
    ///
    /// Nothing that `row` was given counts unless this returns.
    ///
    /// - Throws: ``SnapshotRefusal`` `.damaged` unless all of it is what was written.
    package static func read(
        _ bytes: [UInt8], _ row: (KeptHeader, [Value]) -> Bool
    ) throws(SnapshotRefusal) -> KeptHeader {
        var reader = KeptReader()
        let fault = FramedLines.forEachFrame(in: bytes) { lines in
            reader.take(lines, row)
        }
        guard fault == nil, !reader.isDamaged, reader.isAtEnd, let header = reader.header else {
            throw .damaged(nil)
        }
        return header
    }

    /// The same table with some cells changed.
    ///
    /// - Parameters:
    ///   - bytes: Of the file.
    ///   - request: By which event it is changed; noted in the header.
    ///   - change: Gets each row; returns whether it has changed it.
    /// - Returns: `nil` if no row was changed.
    /// - Throws: ``SnapshotRefusal`` `.damaged` unless all of it is what was written.
    package static func changed(
        _ bytes: [UInt8], by request: Position,
        _ change: (KeptHeader, _ row: Int, inout [Value]) -> Bool
    ) throws(SnapshotRefusal) -> [UInt8]? {
        guard var header = header(bytes) else { throw .damaged(nil) }
        header.stateHash = nil
        if !header.erasedBy.contains(request) { header.erasedBy.append(request) }
        var writer = KeptWriter(header)
        var row = 0
        var isChanged = false
        _ = try read(bytes) { header, values in
            var values = values
            if change(header, row, &values) { isChanged = true }
            writer.append(values)
            row += 1
            return true
        }
        return isChanged ? writer.finish() : nil
    }
}

private struct KeptWriter: ~Copyable {
    private var frames = FramedLinesWriter()
    private var hasher = SHA256Hasher()
    private var rowCount = 0

    init(_ header: KeptHeader) {
        add(header.line)
    }

    private mutating func add(_ line: [UInt8]) {
        line.withUnsafeBytes { hasher.update($0) }
        frames.append(line)
    }

    mutating func append(_ values: [Value]) {
        add(KeptCells.line(values))
        rowCount += 1
    }

    mutating func finish() -> [UInt8] {
        let end = "{\"rows\":\(rowCount),\"sha256\":\"\(hasher.finish().hex)\"}\n"
        frames.append(Array(end.utf8))
        return frames.finish()
    }
}

private struct KeptReader: ~Copyable {
    private(set) var header: KeptHeader?
    private(set) var isDamaged = false
    private(set) var isAtEnd = false
    private var hasher = SHA256Hasher()
    private var rowCount = 0

    mutating func take(_ lines: [UInt8], _ row: (KeptHeader, [Value]) -> Bool) {
        var start = 0
        while start < lines.count, !isDamaged {
            guard !isAtEnd, let end = lines[start...].firstIndex(of: 0x0A) else {
                isDamaged = true
                return
            }
            takeLine(Array(lines[start...end]), row)
            start = end + 1
        }
    }

    private mutating func takeLine(_ line: [UInt8], _ row: (KeptHeader, [Value]) -> Bool) {
        if let header, line.first == UInt8(ascii: "{") {
            _ = header
            let expected = "{\"rows\":\(rowCount),\"sha256\":\"\(hasher.finish().hex)\"}\n"
            isAtEnd = line.elementsEqual(expected.utf8)
            isDamaged = !isAtEnd
            return
        }
        line.withUnsafeBytes { hasher.update($0) }
        guard let header else {
            header = KeptHeader(line: line)
            isDamaged = header == nil
            return
        }
        guard let values = KeptCells.values(line, header.columns), row(header, values) else {
            isDamaged = true
            return
        }
        rowCount += 1
    }
}
