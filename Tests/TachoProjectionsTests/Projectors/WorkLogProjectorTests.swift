import TachoLog
import TachoProjections
import Testing

struct WorkLogProjectorTests {
    private func table(_ events: [(type: String, data: String)]) throws -> TableReader {
        var log = MemoryLog()
        for event in events { log.append(stream: "default", type: event.type, data: event.data) }
        return try TableReader(folding: WorkLogProjector.self, log)
    }

    @Test func `a posted body becomes a row named by its event`() throws {
        let table = try table([
            (
                "work_log.entry",
                #"{"session_id":"s1","summary":"Fixed it","chat_file_link":"/c.md","issue_number":42,"workflow_id":"wf-a1","tags":["fix","ui"],"timestamp":"2026-01-02T10:00:00Z"}"#
            ),
            ("work_log.entry", #"{"session_id":"s2","summary":null,"tags":"ui"}"#),
        ])

        let row = try table.row("e1")
        #expect(row.text("session_id") == "s1")
        #expect(row.text("summary") == "Fixed it")
        #expect(row.boolean("is_truncated") == false)
        #expect(row.text("chat_file_link") == "/c.md")
        #expect(row.integer("issue_number") == 42)
        #expect(row.text("workflow_id") == "a1")
        #expect(row.json("tags") == #"["fix","ui"]"#)
        #expect(row.timestamp("timestamp") == moment("10:00:00"))
        #expect(row.timestamp("deleted_at") == nil)
        let bare = try table.row("e2")
        #expect(bare.text("summary") == nil)
        #expect(bare.boolean("is_truncated") == nil)
        #expect(bare.json("tags") == "[]")
        #expect(bare.timestamp("timestamp") == bare.timestamp("created_at"))
    }

    @Test(arguments: ["a", "é", "e\u{301}", "😀", "👩‍👩‍👧"])
    func `a summary is cut behind 280 code points`(_ character: String) throws {
        let scalars = String(repeating: character, count: 300).unicodeScalars
        let fitting = String(String.UnicodeScalarView(scalars.prefix(280)))
        let longer = String(String.UnicodeScalarView(scalars.prefix(281)))

        let table = try table([
            ("work_log.entry", #"{"session_id":"s","summary":"\#(fitting)"}"#),
            ("work_log.entry", #"{"session_id":"s","summary":"\#(longer)"}"#),
        ])

        for (key, isTruncated) in [("e1", false), ("e2", true)] {
            let row = try table.row(key)
            #expect(row.text("summary").map { Array($0.utf8) } == Array(fitting.utf8))
            #expect(row.boolean("is_truncated") == isTruncated)
        }
    }

    @Test func `an entry without a session is quarantined`() throws {
        let table = try table([
            ("work_log.entry", #"{"summary":"x"}"#),
            ("work_log.entry", #"{"summary":"x","session_id":null}"#),
            ("work_log.entry", #"{"summary":"x","session_id":""}"#),
            ("work_log.entry", #"{"summary":"x","session_id":["s"]}"#),
            ("work_log.deleted", #"{"summary":"x"}"#),
            ("work_log.deleted", #"{"entry_id":{}}"#),
        ])

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 6)
    }

    @Test func `a deletion marks a row whenever it comes, once, and takes nothing away`() throws {
        let entry = ("work_log.entry", #"{"id":7,"session_id":"s","summary":"x"}"#)
        let deletion = ("work_log.deleted", #"{"entry_id":7,"deleted_at":"2026-01-02T10:00:00Z"}"#)
        let second = ("work_log.deleted", #"{"id":"7","deleted_at":"2026-01-02T11:00:00Z"}"#)

        for events in [[entry, deletion, second], [deletion, entry, second]] {
            let table = try table(events)
            #expect(table.count == 1)
            let row = try table.row("7")
            #expect(row.text("summary") == "x")
            #expect(row.timestamp("deleted_at") == moment("10:00:00"))
        }
    }
}
