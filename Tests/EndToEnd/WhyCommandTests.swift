import Foundation
import TestSupport
import Testing

/// `tacho why`, `tacho quarantine`, `tacho status --memory`: what stands behind the tables.
struct WhyCommandTests {
    @Test func `a value comes with the event that gave it, and with who said so`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run("why", "workflow_history", "feedbeef", "status", "--json")

        #expect(result.status == 0)
        let rows = try result.rows()
        #expect(rows.map { $0["new"] as? String } == ["failed"])
        #expect(rows.first?["old"] is NSNull)
        #expect(rows.first?["type"] as? String == "state.snapshot")
        #expect(rows.first?["updated_by"] as? String == "adw/state")
        let beginning = try tacho.run("why", "workflow_history", "feedb", "status", "--json")
        #expect(beginning.output == result.output)
    }

    @Test func `the chain of a value is told with its events, the newest last`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let arguments = ["why", "workflow_history", "feedbeef", "current_phase", "--json"]

        let whole = try tacho.run(arguments).rows()

        #expect(whole.map { $0["new"] as? String } == ["Plan", "Build", "Test"])
        #expect(whole.map { $0["old"] as? String } == [nil, "Plan", "Build"])
        let positions = whole.compactMap { $0["position"] as? Int }
        #expect(positions == positions.sorted() && positions.count == 3)

        let asOf = try tacho.run(arguments + ["--as-of", "\(positions[1])"]).rows()
        #expect(asOf.map { $0["new"] as? String } == ["Plan", "Build"])

        let newest = try tacho.run(arguments + ["--limit", "1"])
        #expect(try newest.rows().map { $0["new"] as? String } == ["Test"])
        let warnings = try newest.json()["warnings"] as? [String]
        #expect(warnings == ["2 older events not shown; --limit 3 shows all"])
    }

    @Test func `every table says why`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        for table in try tacho.run("tables", "--json").rows() where table["version"] is Int {
            guard let name = table["name"] as? String, (table["rows"] as? Int ?? 0) > 0 else {
                continue
            }
            let columns = try tacho.run("tables", name, "--json").rows()
            let key = try #require(columns.first?["name"] as? String)
            for row in try tacho.run("table", name, "--limit", "3", "--json").rows() {
                let value = try #require(row[key] as? String)
                let result = try tacho.run("why", name, value, "--json")
                #expect(result.status == 0, "\(name) \(value): \(result.errors)")
                let rows = try result.rows()
                #expect(rows.first?["position"] as? Int == row["created_position"] as? Int)
                #expect(rows.last?["position"] as? Int == row["updated_position"] as? Int)
            }
        }
    }

    @Test func `a table, a row, or a column that is not there is told with the nearest`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let table = try tacho.run("why", "workflow_histroy", "feedbeef")
        #expect(table.status == 2)
        #expect(table.errors.contains("Did you mean workflow_history?"))

        let row = try tacho.run("why", "workflow_history", "feedbeaf")
        #expect(row.status == 1)
        #expect(row.errors.contains("no row with the adw_id feedbeaf. Did you mean feedbeef?"))

        let column = try tacho.run("why", "workflow_history", "feedbeef", "statsu")
        #expect(column.status == 2)
        #expect(column.errors.contains("Did you mean status?"))
    }

    @Test func `what a table left out is listed, and recorded once, and only when asked`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        try tacho.append(["{\"no\":\"phase\"}"], type: "phase.started")
        let last = try #require(try tacho.run("status", "--json").data()["position"] as? Int)

        let list = try tacho.run("quarantine", "list", "--table", "task_logs", "--json").rows()
        _ = try tacho.run("rebuild", "--quiet")
        _ = try tacho.run("verify", "--replay", "--quiet")
        let untouched = try tacho.run("status", "--json").data()["position"] as? Int

        #expect(list.count == 1)
        #expect(list.first?["position"] as? Int == last)
        #expect(list.first?["type"] as? String == "phase.started")
        #expect(list.first?["reason"] as? String == "phase_name is missing")
        #expect(untouched == last)

        try Data("no JSON\n{\"hook_event_name\":\"Stop\",\"session_id\":\"s\"}\n".utf8)
            .write(to: URL(fileURLWithPath: tacho.home.file("hooks.jsonl")))
        #expect(try tacho.run("import", tacho.home.file("hooks.jsonl")).status == 65)
        let told = try tacho.run("quarantine").errors
        #expect(told.contains("1 file of records that became no events: \(tacho.store)/quarantine"))
        let all = try tacho.run("quarantine", "--json").rows().count
        let first = try tacho.run("quarantine", "record", "--json").data()
        let again = try tacho.run("quarantine", "record", "--json").data()
        let recorded = try tacho.run("cat", "--type", "tacho.quarantined")

        #expect(first["recorded"] as? Int == all)
        #expect(again["recorded"] as? Int == 0)
        #expect(again["known"] as? Int == all)
        #expect(recorded.lines.count == all)
        #expect(
            recorded.text.contains(
                "\"projector\":\"task_logs\",\"version\":2,\"position\":\(last),"
                    + "\"reason\":\"phase_name is missing\""))
    }

    @Test func `an event of a newer version stays out of the tables, and is told`() throws {
        let tacho = try Program()
        let data = #""data":{"adw_id":"a","phase_name":"Plan","phase_status":"started"}"#
        let event = #"{"stream":"a","type":"phase.started","source":"test","#
        let lines = #"\#(event)\#(data)}"# + "\n" + #"\#(event)"version":2,\#(data)}"# + "\n"
        #expect(try tacho.run("append", "--envelope", input: Data(lines.utf8)).status == 0)

        let table = try tacho.run("table", "task_logs", "--json")
        let list = try tacho.run("quarantine", "list", "--table", "task_logs", "--json").rows()

        #expect(try table.rows().count == 1)
        #expect(list.map { $0["position"] as? Int } == [2])
        #expect(
            list.first?["reason"] as? String
                == "version 2 of its type is newer than this tacho; a newer one takes it in")
        #expect(try tacho.run("cat").lines.count == 2)
    }

    @Test func `the memory of tables adds up`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let data = try tacho.run("status", "--memory", "--json").data()

        let tables = try #require(data["tables"] as? [[String: Any]])
        let sizes = tables.compactMap { $0["bytes"] as? Int }
        #expect(sizes.count == tables.count && sizes.reduce(0, +) == data["bytes"] as? Int)
        for table in tables {
            let columns = table["columns"] as? [[String: Any]] ?? []
            let sum = columns.compactMap { $0["bytes"] as? Int }.reduce(0, +)
            #expect(sum == table["bytes"] as? Int)
        }
    }
}
