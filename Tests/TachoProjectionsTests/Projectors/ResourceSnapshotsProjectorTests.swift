import TachoLog
import TachoProjections
import Testing

struct ResourceSnapshotsProjectorTests {
    @Test func `every sample is a row, and what nobody could measure is unknown`() throws {
        var log = MemoryLog()
        log.append(
            stream: "w1", type: "resource.sampled", time: moment("10:00:00"),
            data:
                #"{"phase":"Build","sampled_at":"2026-01-02T09:59:59Z","cpu_percent":187.5,"rss_bytes":1024,"disk_free_bytes":2048,"net_rx_bytes":1,"net_tx_bytes":2,"read_bytes":3,"write_bytes":4,"process_count":5}"#
        )
        log.append(
            stream: "general", type: "resource.sampled", time: moment("10:00:01"),
            data:
                #"{"adw_id":"wf-w2","cpu_percent":-1,"rss_bytes":"1024","read_bytes":1e400,"write_bytes":4.5,"process_count":-2}"#
        )

        let table = try TableReader(folding: ResourceSnapshotsProjector.self, log)

        let first = try table.row("e1")
        #expect(first.text("adw_id") == "w1")
        #expect(first.text("phase") == "Build")
        #expect(first.timestamp("sampled_at") == moment("09:59:59"))
        #expect(first.real("cpu_percent") == 187.5)
        let names = [
            "rss_bytes", "disk_free_bytes", "net_rx_bytes", "net_tx_bytes", "read_bytes",
            "write_bytes", "process_count",
        ]
        #expect(names.map(first.integer) == [1024, 2048, 1, 2, 3, 4, 5])
        let second = try table.row("e2")
        #expect(second.text("adw_id") == "w2")
        #expect(second.timestamp("sampled_at") == moment("10:00:01"))
        #expect(second.real("cpu_percent") == nil)
        #expect(names.map(second.integer) == [nil, nil, nil, nil, nil, 4, nil])
    }
}
