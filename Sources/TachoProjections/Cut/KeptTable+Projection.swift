import TachoEvents
import TachoLog

// From a kept table to the fold that goes on with it: as it was, or as a later version declares.

/// How a projector goes on with a table that was kept.
package enum KeptUse: Equatable, Sendable {
    /// It kept the table itself: the fold goes on as if nothing had happened.
    case same
    /// Another version kept it, with which this one goes on; it lacks these visible columns.
    case continued(version: Int, missing: [String])
    /// Nothing can be gone on with.
    case none(version: Int)
}

extension KeptHeader {
    /// What a projector makes of it.
    package func use(_ type: any Projector.Type) -> KeptUse {
        let own = type.schema.keptColumns
        let inputs = type.inputs.map(\.description)
        if version == type.version, columns == own, inputs == self.inputs { return .same }
        guard type.continuedVersions.contains(version) else { return .none(version: version) }
        for column in columns {
            let ours = own.first { $0.name == column.name }
            // What is dropped is not needed any more; what has changed its type is another thing.
            if let ours, !ours.agrees(with: column) { return .none(version: version) }
        }
        guard columns.contains(where: { column in own.contains { $0.isKey && $0 == column } })
        else { return .none(version: version) }
        let names = Set(columns.map(\.name))
        let missing = own.filter { !$0.isHidden && !names.contains($0.name) }
        return .continued(version: version, missing: missing.map(\.name))
    }
}

extension KeptTable {
    /// The fold that a kept table stands for.
    ///
    /// - Throws: ``SnapshotRefusal``: `.otherProjector` if the projector cannot go on with it.
    /// - Complexity: O(cells), and three times the table's memory.
    static func projection(
        _ bytes: [UInt8], _ type: any Projector.Type, hashSeed: UInt64?
    ) throws(SnapshotRefusal) -> (Projection, KeptHeader) {
        guard let front = header(bytes), front.table == type.name else { throw .damaged(nil) }
        if case .none = front.use(type) { throw .otherProjector }
        let schema = type.schema
        let places = front.columns.map { schema.column(named: $0.name) }
        guard let key = front.columns.firstIndex(where: \.isKey) else { throw .damaged(nil) }
        var table = Table(schema: schema, hashSeed: hashSeed)
        let header = try read(bytes) { _, values in
            guard case .text(let name) = values[key] else { return false }
            return add(name, values, places, key, to: &table)
        }
        guard header == front else { throw .damaged(nil) }
        let projection: Projection
        do throws(TableDecodingError) {
            var sink = ArraySink()
            table.encode(to: &sink)
            header.quarantined.encode(to: &sink)
            var source = ArraySource(sink.bytes)
            projection = try Projection(
                type, checkpoint: header.position, decoding: &source, hashSeed: hashSeed)
        } catch {
            throw .damaged(error)
        }
        // The same bytes are not the same hash in another version of the canonical format.
        if header.fingerprint == type.fingerprint, let stateHash = header.stateHash,
            projection.stateHash != stateHash
        {
            throw .damaged(nil)
        }
        return (projection, header)
    }

    /// - Returns: Whether it is a row that the table did not have.
    private static func add(
        _ name: ByteString, _ values: [Value], _ places: [Int?], _ key: Int, to table: inout Table
    ) -> Bool {
        let isNew = Self.line.withUnsafeBytes { line in
            RecordView(line: line).map { record in
                Event.withEvent(of: record) { table.rowOrInsert(key: name, at: $0) }
            }
        }
        guard let isNew, isNew.isNew else { return false }
        for column in values.indices where column != key {
            if let place = places[column] {
                table.set(place, of: isNew.row, value: values[column])
            }
        }
        return true
    }

    /// An event of no meaning, for a row that is then given all its cells.
    private static let line = Array(
        ("{\"position\":1,\"recorded\":\"2025-01-01T00:00:00.000Z\",\"id\":\"k\",\"stream\":\"k\","
            + "\"type\":\"k\",\"source\":\"k\",\"version\":1,\"data\":{}}\n").utf8)
}
