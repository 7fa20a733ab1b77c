import TachoEvents
import TachoLog
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

/// The example, as a later version that goes on with the first one's tables: a column more.
private struct LaterProjector: Projector {
    static let schema = TableSchema(
        name: "example", key: "stream",
        columns: Array(ExampleProjector.schema.columns[..<9]) + [
            ColumnDefinition("added", .integer)
        ])
    static let version = 2
    static let continuedVersions = [1]
    static let inputs = ExampleProjector.inputs

    private var first = ExampleProjector()

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        try first.apply(event, to: &table)
        guard let row = table.row(forKey: event.stream) else { return }
        table.set(9, of: row, integer: 1)
    }
}

/// A later version that cannot go on with what the first one has kept.
private struct OtherProjector: Projector {
    static let schema = ExampleProjector.schema
    static let version = 3
    static let inputs = ExampleProjector.inputs

    private var first = ExampleProjector()

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        try first.apply(event, to: &table)
    }
}

/// A log whose front is gone.
struct CutLog: EventHistory {
    let store: StoreID
    var lines: [(position: Position, line: [UInt8])]
    var expiries: Expiries

    var lastPosition: Position { lines.last?.position ?? .zero }

    func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        if let cut = expiries.cuts.first(where: { $0.through == position }) {
            return cut.anchor(store)
        }
        guard let line = lines.first(where: { $0.position == position })?.line else { return nil }
        return LogAnchor(
            store: ByteString(store.description), position: position,
            lineChecksum: CRC32C.checksum(line))
    }

    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws {
        for (position, line) in lines where position >= first && position <= last ?? position {
            guard try body(RecordBatch(bytes: line)) else { return }
        }
    }
}

@Suite struct KeptTableTests {
    private let disk = SimulatedFileSystem(seed: 2)
    private var snapshots: SnapshotStore { SnapshotStore(directory: "snap", fileSystem: disk) }

    private static func line(_ position: Int) -> [UInt8] {
        let data =
            position % 7 == 6
            ? #"{"poison":1}"#
            : #"{"status":"s\#(position % 3)","note":"n\n\u00e9\#(position)","#
                + #""ratio":\#(Double(position) / 3),"done":true,"cost":-\#(position),"#
                + #""detail":[{"a":"\u0041"},\#(position)]}"#
        return Array(
            (#"{"position":\#(position),"recorded":"2025-12-18T10:00:00.091Z","id":"i\#(position)","#
                + #""stream":"w\#(position % 4)","type":"example.x","source":"test","#
                + #""version":\#(position % 9 == 4 ? 2 : 1),"data":\#(data)}"# + "\n").utf8)
    }

    private static func log(_ range: ClosedRange<Int>, cutAt cut: Int? = nil) throws -> CutLog {
        let store = try #require(StoreID("01939f7e-7d3c-7b52-a2f6-0c61f2d1a9b4"))
        var expiries = Expiries()
        if let cut {
            expiries = Expiries([
                Expiries.Cut(
                    through: Position(UInt64(cut)), recorded: Timestamp(microseconds: 1),
                    event: Position(900), policy: "a policy", chain: .zero)
            ])
        }
        return CutLog(
            store: store, lines: range.map { (Position(UInt64($0)), line($0)) },
            expiries: expiries)
    }

    private func folded(
        _ type: any Projector.Type, _ log: CutLog, _ snapshots: SnapshotStore? = nil,
        asOf: Position? = nil
    ) throws -> LiveTables {
        var options = LiveTables.Options()
        options.asOf = asOf
        options.threadCount = 1
        return try LiveTables.open(log, snapshots: snapshots, projectors: [type], options: options)
    }

    /// The example's table at position 20, kept.
    private func keep() throws {
        let live = try folded(ExampleProjector.self, Self.log(1...20))
        let anchor = try Self.log(1...40, cutAt: 20).anchor(at: Position(20))
        try snapshots.keep(live.projections.projections[0], anchor: try #require(anchor))
    }

    private func keptBytes() throws -> (path: String, bytes: [UInt8]) {
        let path = try #require(disk.paths.first { $0.hasSuffix(".kept.lz4") })
        return (path, disk.contents(path) ?? [])
    }

    @Test func `a table that was kept goes on as if nothing had expired`() throws {
        try keep()

        let live = try folded(ExampleProjector.self, Self.log(21...40, cutAt: 20), snapshots)

        let whole = try folded(ExampleProjector.self, Self.log(1...40))
        #expect(
            live.projections.projections[0].stateHash
                == whole.projections.projections[0].stateHash)
        #expect(live.report.damage.isEmpty && live.report.continuations.isEmpty)
        #expect(whole.projections.projections[0].quarantined.count > 0)
    }

    @Test func `one in the older form is brought into the present one and stays the table it is`()
        throws
    {
        let live = try folded(ExampleProjector.self, Self.log(1...20))
        let log = try Self.log(21...40, cutAt: 20)
        let anchor = try #require(try log.anchor(at: Position(20)))
        try snapshots.write(live.projections.projections[0], anchor: anchor, isKept: true)
        let before = try folded(ExampleProjector.self, log, snapshots)
        #expect(before.report.damage.isEmpty)
        func convert() throws -> Int {
            try snapshots.convertKept(ExampleProjector.self) { position throws(LogError) in
                try log.anchor(at: position)
            }
        }

        #expect(try convert() == 1)

        #expect(disk.paths.filter { $0.hasSuffix(".kept") }.isEmpty)
        _ = try keptBytes()
        let after = try folded(ExampleProjector.self, log, snapshots)
        #expect(after.report.damage.isEmpty)
        #expect(
            after.projections.projections[0].stateHash
                == before.projections.projections[0].stateHash)
        #expect(try convert() == 0)
    }

    @Test func `one in the older form that is damaged stays as it is`() throws {
        let live = try folded(ExampleProjector.self, Self.log(1...20))
        let log = try Self.log(21...40, cutAt: 20)
        let anchor = try #require(try log.anchor(at: Position(20)))
        try snapshots.write(live.projections.projections[0], anchor: anchor, isKept: true)
        let path = try #require(disk.paths.first { $0.hasSuffix(".kept") })
        disk.corrupt(path) { $0[$0.count - 9] ^= 1 }

        let count = try snapshots.convertKept(ExampleProjector.self) {
            position throws(LogError) in
            try log.anchor(at: position)
        }

        #expect(count == 0 && disk.paths.contains(path))
    }

    @Test func `it is lines of JSON that say what they are`() throws {
        try keep()
        var text = ""
        let fault = FramedLines.forEachFrame(in: try keptBytes().bytes) {
            text += String(decoding: $0, as: UTF8.self)
        }
        #expect(fault == nil)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2 + 4)
        #expect(lines[0].hasPrefix(#"{"kept":1,"table":"example","version":1,"#))
        #expect(lines[0].contains(#"["detail","json","hidden"]"#))
        #expect(lines[5].hasPrefix(#"{"rows":4,"sha256":""#))
    }

    @Test func `every changed or missing byte is noticed`() throws {
        try keep()
        let (path, bytes) = try keptBytes()
        let log = try Self.log(21...40, cutAt: 20)
        let good = try folded(ExampleProjector.self, log, snapshots)
            .projections.projections[0].stateHash
        for offset in bytes.indices {
            for wrong in [
                bytes[..<offset] + [bytes[offset] ^ 1] + bytes[(offset + 1)...], bytes[..<offset],
            ] {
                try disk.replaceFile(path, with: Array(wrong), temporary: "t")
                let live = try folded(ExampleProjector.self, log, snapshots)
                let isSame = live.projections.projections[0].stateHash == good
                #expect(isSame || live.report.lacking.count == 1, "byte \(offset)")
            }
        }
    }

    @Test func `a later version goes on with it where it says that it does`() throws {
        try keep()

        let live = try folded(LaterProjector.self, Self.log(21...40, cutAt: 20), snapshots)

        #expect(live.report.damage.isEmpty)
        #expect(live.report.continuations.map(\.missing) == [["added"]])
        #expect(live.report.continuations.first?.note.contains("version 1") == true)
        let table = live.projections.projections[0].table
        let whole = try folded(ExampleProjector.self, Self.log(1...40)).projections.projections[0]
        for row in 0..<table.rowCount {
            for column in 0..<9 {
                #expect(table.value(column, row) == whole.table.value(column, row))
            }
        }
    }

    @Test func `one that does not begins behind the cut, and says from where it is exact`() throws {
        try keep()
        let log = try Self.log(21...40, cutAt: 20)

        let live = try folded(OtherProjector.self, log, snapshots)

        let lack = try #require(live.report.lacking.first)
        #expect(lack.keptVersion == 1 && lack.version == 3)
        #expect(lack.error.code == .expired)
        #expect(lack.error.message.contains("expired by event 900 (policy: a policy)"))
        #expect(lack.error.message.contains("exact for what began behind position 20"))
        let behind = try folded(OtherProjector.self, Self.log(21...40))
        #expect(
            live.projections.projections[0].table.stateHash
                == behind.projections.projections[0].table.stateHash)
        #expect(live.report.unreadable.isEmpty)
        // What lacks something is not written down as if it were whole.
        var options = LiveTables.Options()
        options.writesSnapshots = true
        options.snapshotTailLimit = 0
        _ = try LiveTables.open(
            log, snapshots: snapshots, projectors: [OtherProjector.self], options: options)
        #expect(snapshots.positions(of: OtherProjector.self).isEmpty)
    }

    @Test func `before the cut there is no answer, and why is said`() throws {
        try keep()
        let live = try folded(
            ExampleProjector.self, Self.log(21...40, cutAt: 20), snapshots, asOf: Position(7))
        #expect(live.report.damage.map(\.code) == [.expired])
    }

    @Test(arguments: 0..<20)
    func `cells of all kinds come back as they were`(seed: Int) throws {
        var random = SimulatedRandom(seed: UInt64(seed))
        var table = Table(schema: ExampleProjector.schema)
        for row in 0..<30 {
            let line = Self.line(row + 1)
            line.withUnsafeBytes { line in
                guard let record = RecordView(line: line) else { return }
                Event.withEvent(of: record) { event in
                    _ = table.rowOrInsert(key: ByteString("k\(row)"), at: event)
                }
            }
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            table.set(2, of: row, text: bytes)
            table.set(3, of: row, integer: Int64.random(in: .min ... .max, using: &random))
            table.set(
                4, of: row,
                real: [-0.0, .infinity, .leastNonzeroMagnitude, .pi, nil].randomElement(
                    using: &random) ?? nil)
            table.set(7, of: row, money: Int64.random(in: .min ... .max, using: &random))
            let nested = String(repeating: "[", count: 511) + String(repeating: "]", count: 511)
            let json = ["{\"a\":\n1}", "\"t\"", nested, "1e400"].randomElement(using: &random)
            table.set(8, of: row, json: Array((json ?? "null").utf8))
        }
        var sink = ArraySink()
        table.encode(to: &sink)
        // No quarantined events.
        var source = ArraySource(sink.bytes + [UInt8](repeating: 0, count: 12))
        let projection = try Projection(
            ExampleProjector.self, checkpoint: Position(30), decoding: &source)
        let log = try Self.log(1...30, cutAt: 30)
        try snapshots.keep(projection, anchor: try #require(try log.anchor(at: Position(30))))

        let live = try folded(ExampleProjector.self, log, snapshots)

        #expect(live.projections.projections[0].stateHash == projection.stateHash, "seed \(seed)")
    }
}
