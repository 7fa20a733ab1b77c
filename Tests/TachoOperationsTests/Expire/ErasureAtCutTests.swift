import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct ErasureAtCutTests {
    private let disk = SimulatedFileSystem(seed: 4)

    private func makeStore() throws {
        var log = try LogWriter.open("store", fileSystem: disk)
        for (index, workflow) in ["a1secret", "b2other"].enumerated() {
            _ = try log.append([
                event("hook.SessionStart", workflow, workflow, "session-\(index)-of-it"),
                event("hook.Stop", "session-\(index)-of-it", "", "session-\(index)-of-it"),
                event("workflow.started", workflow, workflow),
                event("workflow.completed", workflow, workflow),
            ])
        }
        _ = try log.append([
            NewEvent(
                stream: "c3child", type: "workflow.started", source: "test",
                data: Array(#"{"adw_id":"c3child","parent_adw_id":"a1secret"}"#.utf8))
        ])
        _ = try log.seal()
        _ = try log.append([event("workflow.started", "d4new7", "d4new7")])
        try log.close()
        _ = try Expirer("store", fileSystem: disk)
            .execute(ExpiryPolicy(byteCount: 1, text: "beyond 1 byte"))
    }

    private func event(
        _ type: ByteString, _ stream: String, _ workflow: String, _ session: String = "s"
    ) -> NewEvent {
        let data =
            #"{"adw_id":"\#(workflow)","session_id":"\#(session)","#
            + #""nl_input":"ask of \#(workflow)","cwd":"/d","total_cost":1.5}"#
        return NewEvent(
            stream: ByteString(stream), type: type, source: "test", data: Array(data.utf8))
    }

    private func table(_ name: String) throws -> Table {
        let live = try LiveTables.open(
            LogReader.open("store", fileSystem: disk),
            snapshots: SnapshotStore(directory: "store/snap", fileSystem: disk))
        #expect(live.report.damage.isEmpty)
        return try #require(live.projections.table(named: name))
    }

    /// Every byte of every file, as it is and decompressed.
    private func filesWith(_ id: String) -> [String] {
        disk.paths.filter { path in
            let bytes = disk.contents(path) ?? []
            var texts = [bytes]
            _ = FramedLines.forEachFrame(in: bytes) { texts.append($0) }
            texts.append(SnapshotStore.state(of: bytes))
            return texts.contains { String(decoding: $0, as: UTF8.self).contains(id) }
        }
    }

    @Test func `a workflow that has expired is erased from the tables at the cut`() throws {
        try makeStore()
        let before = try table("workflow_history")
        #expect(!filesWith("a1secret").isEmpty)
        let plan = try Eraser("store", fileSystem: disk)
            .plan(ErasureSelector(.workflow, id: "a1secret"))
        #expect(plan.kept.contains { $0.table == "workflow_history" && $0.rowCount == 1 })

        let outcome = try Eraser("store", fileSystem: disk)
            .execute(ErasureSelector(.workflow, id: "a1secret"), reason: "asked for")

        #expect(outcome.isProven)
        #expect(filesWith("a1secret") == [])
        #expect(filesWith("session-0-of") == [])
        let after = try table("workflow_history")
        #expect(after.rowCount == before.rowCount)
        let other = try #require(after.row(forKey: "b2other"))
        let old = try #require(before.row(forKey: "b2other"))
        // One of its cells names the workflow as a like one; that mention goes.
        for column in after.schema.columns.indices
        where !before.value(column, old).description.contains("a1secret") {
            #expect(after.value(column, other) == before.value(column, old))
        }
        let request = try #require(outcome.request)
        let nameless = try #require(after.row(forKey: ByteString("erased:\(request):0")))
        let input = try #require(after.schema.column(named: "nl_input"))
        #expect(after.isUnknown(input, nameless))
        let child = try #require(after.row(forKey: "c3child"))
        let parent = try #require(after.schema.column(named: "parent_adw_id"))
        #expect(after.isUnknown(parent, child))
    }

    @Test func `a table that a later cut has replaced meanwhile is not damaged`() throws {
        try makeStore()
        let eraser = Eraser("store", fileSystem: disk)
        let selector = ErasureSelector(.workflow, id: "a1secret")
        let start = disk.callCount
        let count = try eraser.plan(selector).kept.count
        var missedCount = 0
        for call in start..<disk.callCount where disk.calls[call] == .open {
            disk.clearFaults()
            disk.inject(
                SimulatedFault(
                    call: disk.callCount + 1 + call - start, operation: .open, kind: .error(ENOENT))
            )
            do {
                if try eraser.plan(selector).kept.count < count { missedCount += 1 }
            } catch {
                #expect(!error.message.contains(".kept"))
            }
        }

        #expect(missedCount >= count && count > 0)
    }

    @Test func `the receipt names the tables, and a second run does nothing`() throws {
        try makeStore()
        let eraser = Eraser("store", fileSystem: disk)
        _ = try eraser.execute(ErasureSelector(.workflow, id: "a1secret"), reason: nil)

        var receipt = ""
        let filter = RecordFilter(types: [TypePattern(EventType.erased)])
        try LogReader.open("store", fileSystem: disk).forEachBatch(matching: filter) { batch in
            receipt += String(decoding: batch.bytes, as: UTF8.self)
            return true
        }
        #expect(receipt.contains(#""table":"workflow_history""#))
        #expect(receipt.contains(#""proven":true"#))
        #expect(
            try eraser.execute(ErasureSelector(.workflow, id: "a1secret"), reason: nil).request
                == nil)
    }

    @Test func `a crash half-way does not forget which sessions were the workflow's`() throws {
        try makeStore()
        let eraser = Eraser("store", fileSystem: disk)
        var calls = 30
        // Dies later and later, and is run again each time.
        while !filesWith("session-0-of").isEmpty || !filesWith("a1secret").isEmpty {
            calls = calls * 3 / 2
            disk.inject(SimulatedFault(call: disk.callCount + calls, lasts: true, kind: .death))
            _ = try? eraser.execute(ErasureSelector(.workflow, id: "a1secret"), reason: nil)
            disk.clearFaults()
            disk.kill()
            try #require(calls < 100_000)
        }
        _ = try eraser.execute(ErasureSelector(.workflow, id: "a1secret"), reason: nil)
        #expect(filesWith("a1secret") == [])
        #expect(filesWith("session-0-of") == [])
    }

    @Test func `a damaged table at the cut is told and not rewritten`() throws {
        try makeStore()
        let path = try #require(
            disk.paths.first { $0.contains("/workflow_history/") && $0.hasSuffix(".kept.lz4") })
        var bytes = disk.contents(path) ?? []
        bytes[bytes.count / 2] ^= 4
        try disk.replaceFile(path, with: bytes, temporary: "store/tmp/x")

        let error = #expect(throws: LogError.self) {
            _ = try Eraser("store", fileSystem: disk)
                .execute(ErasureSelector(.workflow, id: "a1secret"), reason: nil)
        }
        #expect(error?.code == .damaged)
        #expect(disk.contents(path) == bytes)
    }
}
