import Foundation
import TestSupport
import Testing

@Suite struct BenchCommandTests {
    @Test func `every table is measured, the answers are the tables', and nothing is written`()
        throws
    {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let calls = try tacho.run("table", "tool_calls", "--json").rows()
        // Views are not folded.
        let names = try tacho.run("tables", "--json").rows().filter { $0["version"] is Int }
            .compactMap { $0["name"] as? String }
        let before = try files(tacho.store)

        let result = try tacho.run("bench", "--json", "--runs", "1")

        #expect(result.status == 0, "\(result.errors)")
        let data = try #require(try result.json()["data"] as? [String: Any])
        let tables = try #require(data["tables"] as? [[String: Any]])
        #expect(tables.compactMap { $0["name"] as? String } == names)
        let rows = tables.first { $0["name"] as? String == "tool_calls" }?["rows"] as? Int
        #expect(rows == calls.count)
        let answers = try #require(data["answers"] as? [String: Int])
        let owned = calls.filter { $0["adw_id"] is String }
        #expect(answers["by_workflow_count"] == owned.count)
        let durations = owned.compactMap { $0["duration_ms"] as? Int }
        #expect(answers["by_workflow_milliseconds"] == durations.reduce(0, +))
        let completed = calls.filter { $0["status"] as? String == "completed" }
        #expect(answers["completed_count"] == completed.count)
        #expect(try files(tacho.store) == before)
    }

    @Test func `damage is told, and what is good is measured`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        #expect(try tacho.run("seal").status == 0)
        let log = URL(filePath: tacho.store).appending(path: "log")
        let names = try FileManager.default.contentsOfDirectory(atPath: log.path())
        let sealed = try #require(names.first { $0.hasSuffix(".lz4") })
        var bytes = try Data(contentsOf: log.appending(path: sealed))
        bytes[bytes.count / 3] ^= 0xFF
        try bytes.write(to: log.appending(path: sealed))

        let result = try tacho.run("bench", "--runs", "1")

        #expect(result.status == 5, "\(result.errors)")
        #expect(result.text.contains("fold all tables"))
    }

    private func files(_ directory: String) throws -> [String: Int] {
        let root = URL(filePath: directory)
        var sizes: [String: Int] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            let values = try root.appending(path: name).resourceValues(forKeys: [.fileSizeKey])
            sizes[name] = values.fileSize ?? -1
        }
        return sizes
    }
}
