import TachoEvents
import TachoJSON
import TachoLog
import TachoProjections
import TestSupport
import Testing

/// Folding events of earlier and of unknown versions.
struct UpcastTests {
    /// Knows the second version only, in which `state` is called `status`.
    private struct SecondProjector: Projector {
        static let schema = ExampleProjector.schema
        static let version = ExampleProjector.version
        static let inputs = ExampleProjector.inputs
        static let upcasters = [
            Upcaster(from: 1, of: "example.*") { data throws(UpcastError) in
                guard let state = data["state"] else { throw .unexpected("state") }
                return Array("{\"status\":".utf8) + Array(state.bytes) + Array("}".utf8)
            }
        ]

        private var projector = ExampleProjector()

        mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
            try projector.apply(event, to: &table)
        }
    }

    private struct RevisedProjector: Projector {
        static let schema = ExampleProjector.schema
        static let version = ExampleProjector.version
        static let inputs = ExampleProjector.inputs
        static let upcasters = [
            Upcaster(from: 1, of: "example.*", revision: 2) { data throws(UpcastError) in
                Array(data.bytes)
            }
        ]

        mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {}
    }

    private static let texts = (0..<300).map { "state \($0 % 7)" }

    private func table(_ log: MemoryLog, batch: Int, threadCount: Int = 1) throws -> Projection {
        var projections = Projections([SecondProjector.self, TypeCountProjector.self])
        try projections.foldAll(threadCount: threadCount) { fold in
            for batch in log.batches(of: batch) { try fold(batch) }
        }
        return try #require(projections["example"])
    }

    @Test func `a log of both versions folds to what one of the newest alone folds to`() throws {
        var mixed = MemoryLog()
        var newest = MemoryLog()
        for (index, text) in Self.texts.enumerated() {
            let stream = "s\(index % 11)"
            newest.append(
                stream: stream, type: "example.a", version: 2, data: "{\"status\":\"\(text)\"}")
            if index % 3 == 0 {
                mixed.append(
                    stream: stream, type: "example.a", version: 2, data: "{\"status\":\"\(text)\"}")
            } else {
                mixed.append(stream: stream, type: "example.a", data: "{\"state\":\"\(text)\"}")
            }
        }

        let expected = try table(newest, batch: 4096).stateHash

        #expect(try table(newest, batch: 4096).table.rowCount == 11)
        #expect(try table(mixed, batch: 1).stateHash == expected)
        #expect(try table(mixed, batch: 7).stateHash == expected)
        #expect(try table(mixed, batch: 7, threadCount: 2).stateHash == expected)
    }

    @Test func `a newer version than is known is kept aside and stops nothing`() throws {
        var log = MemoryLog()
        log.append(stream: "a", type: "example.a", version: 2, data: #"{"status":"x"}"#)
        log.append(stream: "b", type: "example.a", version: 3, data: #"{"phase":"x"}"#)
        log.append(stream: "c", type: "phase.started", version: 2, data: "{}")
        log.append(stream: "d", type: "example.a", data: "{}")
        log.append(stream: "e", type: "phase.started", data: "{}")

        let projection = try table(log, batch: 7)

        #expect(projection.table.rowCount == 2)
        #expect(
            projection.quarantined.entries == [
                .init(position: Position(2), reason: .newer(3)),
                .init(position: Position(3), reason: .newer(2)),
                .init(position: Position(4), reason: .unexpected("state")),
            ])
        var sink = ArraySink()
        projection.encode(to: &sink)
        var source = ArraySource(sink.bytes)
        let decoded = try Projection(
            SecondProjector.self, checkpoint: projection.checkpoint, decoding: &source)
        #expect(decoded.quarantined == projection.quarantined)
        #expect(decoded.stateHash == projection.stateHash)
    }

    @Test func `upcasters are part of what a snapshot has to agree with`() {
        #expect(SecondProjector.fingerprint != ExampleProjector.fingerprint)
        #expect(SecondProjector.fingerprint != RevisedProjector.fingerprint)
    }

    @Test func `no projector of ours has its tables folded anew for upcasters that are not there`()
    {
        for projector in allProjectors { #expect(projector.upcasters.isEmpty) }
    }
}
