import TachoEvents
import TachoLog
import TachoProjections
import TestSupport
import Testing

struct ProjectionsTests {
    @Test(arguments: [0, 1, 5, 700]) func `the example obeys the laws of projectors`(
        count: Int
    ) throws {
        let seed = testSeed()
        let log = MemoryLog.random(count, seed: seed)

        try ProjectorLaws(of: ExampleProjector.self, on: log).check()
        try ProjectorLaws(of: TypeCountProjector.self, on: log).check()
    }

    @Test func `events of types that nobody wants change nothing but the checkpoint`() throws {
        var log = MemoryLog()
        log.append(stream: "s", type: "other", data: "{}")
        var projections = Projections([ExampleProjector.self])

        try projections.fold(log.batch(0..<1))

        #expect(projections.table(named: "example")?.rowCount == 0)
        #expect(projections.checkpoint == Position(1))
        #expect(projections["example"]?.checkpoint == Position(1))
    }

    @Test func `a refused event is kept aside and stops nothing`() throws {
        var log = MemoryLog()
        log.append(stream: "a", type: "example.a", data: "{}")
        log.append(stream: "b", type: "example.a", data: #"{"poison":1}"#)
        log.append(stream: "c", type: "example.a", data: "{}")
        var projections = Projections([ExampleProjector.self])

        try projections.fold(log.batch(0..<3))

        let projection = try #require(projections["example"])
        #expect(projection.table.rowCount == 2)
        #expect(projection.quarantined.count == 1)
        #expect(
            projection.quarantined.entries
                == [.init(position: Position(2), reason: .unexpected("poison"))])
    }

    @Test func `the list of refused events is bounded and their count is not`() throws {
        var log = MemoryLog()
        for _ in 0..<150 { log.append(stream: "a", type: "example.a", data: #"{"poison":1}"#) }
        var projections = Projections([ExampleProjector.self])

        for batch in log.batches(of: 10) { try projections.fold(batch) }

        #expect(projections.quarantinedCount == 150)
        #expect(projections["example"]?.quarantined.entries.count == 100)
    }

    @Test func `a line out of order is damage, and what came before it is folded`() throws {
        var log = MemoryLog()
        for _ in 0..<3 { log.append(stream: "a", type: "example.a", data: "{}") }
        let batch = RecordBatch(bytes: log.lines[0] + log.lines[2] + log.lines[1])
        var projections = Projections([ExampleProjector.self])

        #expect(throws: LogError.self) { try projections.fold(batch) }

        #expect(projections.checkpoint == Position(3))
        let table = try #require(projections.table(named: "example"))
        #expect(table.integer(ExampleProjector.Column.count, 0) == 2)
    }

    @Test(arguments: [1, 2]) func `a line that is no record is damage`(threadCount: Int) throws {
        var log = MemoryLog()
        log.append(stream: "a", type: "example.a", data: "{}")
        let batch = RecordBatch(bytes: log.lines[0] + Array("{}\n".utf8))
        var projections = Projections([ExampleProjector.self, TypeCountProjector.self])

        #expect(throws: LogError.self) {
            try projections.foldAll(threadCount: threadCount) { fold in try fold(batch) }
        }

        #expect(projections.checkpoint == Position(1))
        #expect(projections.table(named: "example")?.rowCount == 1)
        #expect(projections.table(named: "type_count")?.rowCount == 1)
    }

    @Test func `folding backwards is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            var log = MemoryLog()
            for _ in 0..<2 { log.append(stream: "a", type: "example.a", data: "{}") }
            var projections = Projections([ExampleProjector.self])
            try projections.fold(log.batch(0..<2))
            try projections.fold(log.batch(1..<2))
        }
    }

    @Test func `projections at different checkpoints catch up with each other`() throws {
        let log = MemoryLog.random(100, seed: testSeed())
        var ahead = Projections([ExampleProjector.self])
        try ahead.fold(log.batch(0..<60))
        var expected = Projections([ExampleProjector.self, TypeCountProjector.self])
        try expected.fold(log.batch(0..<100))

        var both = Projections([ahead.projections[0], Projection(TypeCountProjector.self)])
        #expect(both.checkpoint == .zero)
        for batch in log.batches(of: 7) { try both.fold(batch) }

        #expect(both.stateHash(of: "example") == expected.stateHash(of: "example"))
        #expect(both.stateHash(of: "type_count") == expected.stateHash(of: "type_count"))
    }

    @Test func `the fingerprint changes with anything that is declared`() {
        let fingerprints = [
            ExampleProjector.fingerprint, TypeCountProjector.fingerprint, OtherVersion.fingerprint,
            OtherInputs.fingerprint, OtherColumn.fingerprint,
        ]

        #expect(Set(fingerprints).count == fingerprints.count)
        #expect(Same.fingerprint == TypeCountProjector.fingerprint)
    }
}

private protocol Variant: Projector {}

extension Variant {
    static var schema: TableSchema { TypeCountProjector.schema }
    static var version: Int { 1 }
    static var inputs: [TypePattern] { TypeCountProjector.inputs }
    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {}
}
private struct Same: Variant {}
private struct OtherVersion: Variant {
    static let version = 2
}
private struct OtherInputs: Variant {
    static let inputs: [TypePattern] = ["hook.*"]
}
private struct OtherColumn: Variant {
    static let schema = TableSchema(
        name: "type_count", key: "type",
        columns: [ColumnDefinition("type", .text), ColumnDefinition("count", .real)])
}
