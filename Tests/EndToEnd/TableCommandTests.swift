import Foundation
import TestSupport
import Testing

struct TableCommandTests {
    @Test func `history reads as printed here`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run("history")

        #expect(result.status == 0)
        #expect(
            result.text == """
                workflow  issue  status     template  model   phases      tools  tokens  cost  \
                started (UTC)        duration  request
                a1b2c3d4     42  completed  sdlc      sonnet  3               6       -     -  \
                2025-12-18 10:00:00    8m 05s  Add a login form
                feedbeef     42  failed     sdlc      sonnet  3, at Test      6       -     -  \
                2025-12-18 10:00:00    8m 05s  Add a login form

                """)
    }

    @Test func `show reads as printed here`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run("show", "feed", "--events", "0")

        #expect(result.status == 0)
        #expect(
            result.text == """
                Workflow feedbeef
                  status          failed
                  issue           42
                  request         Add a login form
                  template        sdlc
                  model           sonnet
                  started         2025-12-18 10:00:00
                  ended           2025-12-18 10:08:05
                  duration        8m 05s
                  bottleneck      build
                  error           AssertionError in test_login
                  error category  unknown
                  branch          feat-42

                Phases
                  phase                                              time  share  cost  status
                  plan   █████···································  1m 05s   13 %     -  completed
                  build  ·····█████████████████████████··········  5m 00s   62 %     -  completed
                  test   ······························██████████  2m 00s   25 %     -  failed

                Tools
                  tool  calls  failed   time   each
                  Bash      2       -  6.0 s  3.0 s
                  Edit      2       -  6.0 s  3.0 s
                  Read      2       -  6.0 s  3.0 s

                Sessions
                  session           model  started (UTC)        prompts  tools  output tokens  status
                  session-feedbeef  -      2025-12-18 10:02:00        0      6              -  active

                """)
    }

    @Test(arguments: [40, 60, 80, 120])
    func `no line of a table is wider than COLUMNS`(_ columns: Int) throws {
        var tacho = try Program()
        try SampleStore.fill(tacho)
        tacho.environment["COLUMNS"] = "\(columns)"

        for arguments in [["history"], ["table", "tool_calls"], ["tables"]] {
            let result = try tacho.run(arguments)
            #expect(!result.lines.isEmpty)
            #expect(result.lines.allSatisfy { $0.count <= columns }, "\(arguments)")
        }
    }

    @Test func `tokens of a session that only hooks tell of are unknown, not none`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let text = try tacho.run("show", "session-feedbeef", "--events", "0").text

        #expect(text.contains("tool calls"))
        #expect(!text.contains("tokens") && !text.contains("messages"), "\(text)")
    }

    @Test func `rows are chosen, sorted, cut, and named`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run(
            "table", "tool_calls", "--where", "adw_id=feedbeef", "--where", "tool_name!=Read",
            "--sort", "-tool_call_id", "--limit", "2", "--offset", "1",
            "--columns", "tool_call_id,tool_name", "--csv")

        #expect(
            result.text == """
                tool_call_id,tool_name
                toolu_feedbeef_3,Bash
                toolu_feedbeef_2,Edit

                """)
    }

    @Test func `an answer as of a position or a time knows nothing of what came later`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        func rowCount(_ asOf: String) throws -> Int {
            try tacho.run("table", "task_logs", "--as-of", asOf, "--json").rows().count
        }

        #expect(try rowCount("0") == 0)
        #expect(try rowCount("3") == 2)
        #expect(try rowCount("2000-01-01") == 0)
        #expect(try rowCount("1h") == 0)
        #expect(try rowCount("2100-01-01") == 12)
    }

    @Test func `an answer says that the log does not reach as far as was asked`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let last = try #require(try tacho.run("status", "--json").data()["position"] as? Int)
        func warnings(_ arguments: String...) throws -> [String]? {
            try tacho.run(arguments + ["--json"]).json()["warnings"] as? [String]
        }

        let beyond = "the log has no position 999999: the answer is as of its last, \(last)"
        #expect(try warnings("table", "task_logs", "--as-of", "999999") == [beyond])
        #expect(try warnings("sql", "SELECT 1 FROM task_logs", "--as-of", "999999") == [beyond])
        #expect(try warnings("quarantine", "list", "--as-of", "999999") == [beyond])
        #expect(
            try warnings("history", "--as-of", "2100-01-01")
                == ["2100-01-01T00:00:00.000Z is still to come: the answer is as of now"])
        let today = String(Date.now.ISO8601Format().prefix(10))
        for asOf in ["\(last)", "0", "1h", today] {
            #expect(try warnings("table", "task_logs", "--as-of", asOf) == [])
        }
        let text = try tacho.run("table", "task_logs", "--csv", "--as-of", "999999")
        #expect(text.errors.contains("warning: \(beyond)"))
        #expect(text.text.hasPrefix("event_id,"))
    }

    @Test func `filters of the history narrow it down`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        func ids(_ arguments: String...) throws -> [String] {
            try tacho.run(["history", "--json"] + arguments).rows().compactMap {
                $0["adw_id"] as? String
            }
        }

        #expect(try ids("--status", "failed") == ["feedbeef"])
        #expect(try ids("--status", "failed", "--status", "completed").count == 2)
        #expect(try ids("--search", "LOGIN form").count == 2)
        #expect(try ids("--search", "feed") == ["feedbeef"])
        #expect(try ids("--search", "42", "--sort", "id", "--limit", "1") == ["a1b2c3d4"])
        #expect(try ids("--since", "2025-12-19") == [])
        #expect(try ids("--until", "2025-12-18", "--model", "SON").count == 2)
        #expect(try ids("--since", "2025-12-18T10:00").count == 2)
        #expect(try ids("--since", "2025-12-18T10:01") == [])
        #expect(try ids("--until", "2025-12-18T10:59+01:00") == [])
        // The sample is of 2025.
        #expect(try ids("--since", "12h") == [])
        #expect(try ids("--until", "12h") == ids())
        #expect(try tacho.run("history", "--since", "12").status == 2)
        #expect(try ids("--min-duration", "486") == [])
    }

    @Test func `a rebuild gives the tables in use`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let first = try tacho.run("rebuild", "--json")
        let again = try tacho.run("rebuild", "--json")

        #expect(first.status == 0)
        #expect(again.status == 0)
        #expect(try first.rows().count == again.rows().count)
        for (one, other) in zip(try first.rows(), try again.rows()) {
            #expect(one["state_sha256"] as? String == other["state_sha256"] as? String)
            #expect(one["state"] as? String == "new", "there is no snapshot to compare with")
            #expect(other["state"] as? String == "same")
        }
        #expect(try tacho.run("status", "--json").data()["snapshots"] as? Int == first.rows().count)
    }

    @Test func `a rebuild compares with snapshots and what was appended behind them`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let before = try tacho.run("rebuild", "--json").rows()
        _ = try tacho.run(
            "append", "--type", "log.line", "--stream", "a1b2c3d4", input: Data("{}\n".utf8))

        let after = try tacho.run("rebuild", "--json")

        #expect(after.status == 0)
        #expect(try after.rows().allSatisfy { $0["state"] as? String == "same" })
        #expect(try after.rows().count == before.count)
    }

    @Test func `a long key leaves room for what it is the key of, and is whole alone`() throws {
        var tacho = try Program()
        tacho.environment["COLUMNS"] = "100"
        let key = String(repeating: "k", count: 90)
        let call = #"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"\#(key)"}"#
        try tacho.append([call], type: "hook.PreToolUse", stream: "s1")

        let whole = try tacho.run("table", "tool_calls")
        let alone = try tacho.run("table", "tool_calls", "--columns", "tool_call_id")

        #expect(whole.lines.first?.contains("tool_name") == true, "\(whole.text)")
        let row = try #require(whole.lines.first { $0.hasPrefix("k") })
        #expect(row.prefix { $0 == "k" }.count >= 39 && row.contains("k…  "), "\(row)")
        #expect(row.contains("Bash"))
        #expect(alone.lines.last == key)
    }

    @Test func `a line for people has the day of its event`() throws {
        let tacho = try Program()
        let line = #"{"stream":"s","type":"t","time":"2025-12-18T10:00:00.091Z","data":{"n":1}}"#
        _ = try tacho.run("append", "--envelope", input: Data((line + "\n").utf8))

        let text = try tacho.run("tail", "--pretty").text

        #expect(text == "     1  2025-12-18 10:00:00.091  s           t                     n=1\n")
    }

    @Test func `recorded text cannot act on the terminal`() throws {
        let tacho = try Program()
        let text = "\\u001b[2J\\u001b]0;owned\\u0007 \\u202egnp.exe"
        let line =
            "{\"stream\":\"evil\",\"type\":\"state.snapshot\",\"source\":\"adw/state\","
            + "\"data\":{\"adw_id\":\"evil\",\"nl_input\":\"\(text)\"}}\n"
        _ = try tacho.run("append", "--envelope", input: Data(line.utf8))

        for arguments in [["history"], ["show", "evil"], ["tail", "--pretty"]] {
            let result = try tacho.run(arguments)
            #expect(result.status == 0)
            let acting = result.text.unicodeScalars.filter {
                $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E
            }
            #expect(acting.isEmpty, "\(arguments)")
        }
    }
}

/// Commands that read only some columns of a snapshot.
struct OpenedColumnsTests {
    @Test func `a limit of 0 is all rows, as everywhere`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let all = try tacho.run("table", "tool_calls", "--csv").text

        #expect(try tacho.run("table", "tool_calls", "--csv", "--limit", "0").text == all)
        #expect(try tacho.run("table", "tool_calls", "--csv", "--limit", "1").lines.count == 2)
    }

    @Test func `answers from snapshots are those of the fold`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let sessions = try tacho.run("table", "sessions", "--json").rows()
        let session = try #require(sessions.first?["session_id"] as? String)
        let questions = [
            ["show", "feedbeef"], ["show", "feedbeef", "--json"], ["show", session],
            ["show", session, "--json"], ["history"], ["history", "--json"],
            ["history", "--sort", "-tools"], ["patterns", "list"], ["cost"],
            ["cost", "--by", "session"], ["cost", "--by", "agent", "--since", "2025-01-01"],
            ["cost", "--by", "project", "--prices", "reference", "--json"],
            ["table", "tool_calls", "--columns", "tool_name,status"],
            ["table", "tool_calls", "--columns", "tool_name", "--where", "status=completed"],
            ["table", "tool_calls", "--columns", "status", "--sort", "-called_at,tool_name"],
            ["table", "workflow_history", "--where", "adw_id=feedbeef", "--columns", "status"],
            ["table", "task_logs", "--limit", "3"],
            ["table", "task_logs", "--limit", "3", "--offset", "2", "--json"],
            ["table", "tool_calls", "--limit", "0"], ["table", "hook_events", "--limit", "100"],
            ["table", "workflow_history", "--where", "adw_id=feedbeef"],
            ["table", "workflow_history", "--where", "adw_id=nobody"],
        ]

        let folded = try questions.map { try tacho.run($0) }
        #expect(try tacho.run("rebuild").status == 0)
        let loaded = try questions.map { try tacho.run($0) }

        for (question, (folded, loaded)) in zip(questions, zip(folded, loaded)) {
            #expect(loaded.status == 0, "\(question): \(loaded.errors)")
            #expect(loaded.output == folded.output, "\(question)")
        }
    }
}
