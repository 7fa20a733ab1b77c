import Foundation
import TestSupport
import Testing

/// The examples of the page of events, appended as a reader of the page would append them.
struct EventPageTests {
    private struct Example {
        let type: String
        let line: String
        let data: String
    }

    /// The lines on the page that are whole events, in the order of the page.
    private static func examples() throws -> [Example] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("Sources/TachoEvents/TachoEvents.docc/Events.md")
        let page = try String(contentsOf: path, encoding: .utf8)
        var examples: [Example] = []
        for block in page.components(separatedBy: "```json\n").dropFirst() {
            for line in block.components(separatedBy: "```")[0].split(separator: "\n") {
                let prefix = "{\"type\":\""
                let parts = line.dropFirst(prefix.count).components(separatedBy: "\",\"data\":")
                guard line.hasPrefix(prefix), parts.count == 2, line.hasSuffix("}") else {
                    continue
                }
                examples.append(
                    Example(
                        type: parts[0], line: String(line), data: String(parts[1].dropLast())))
            }
        }
        return examples
    }

    private static let tables = [
        "prompt.submitted": "user_prompts", "prompt.posted": "user_prompts",
        "work_log.entry": "work_log", "work_log.deleted": "work_log",
        "webhook.received": "webhook_events",
        "lock.acquired": "adw_locks", "lock.updated": "adw_locks", "lock.released": "adw_locks",
        "lock.force_released": "adw_locks", "lock.expired": "adw_locks",
        "queue.enqueued": "phase_queue", "queue.ready": "phase_queue",
        "queue.started": "phase_queue", "queue.phase_changed": "phase_queue",
        "queue.completed": "phase_queue", "queue.failed": "phase_queue",
        "queue.blocked": "phase_queue", "queue.requeued": "phase_queue",
        "queue.configured": "queue_config",
        "tool.registered": "adw_tools", "tool.updated": "adw_tools",
        "tool.deprecated": "adw_tools", "tool.call": "adw_tools",
        "savings.recorded": "cost_savings_log",
    ]

    @Test func `every whole event on the page changes a row of its table`() throws {
        let tacho = try Program()
        let examples = try Self.examples().filter { Self.tables[$0.type] != nil }
        #expect(Set(examples.map(\.type)) == Set(Self.tables.keys))

        let input = Data(examples.map { $0.line + "\n" }.joined().utf8)
        let result = try tacho.run(["append", "--envelope"], input: input)

        #expect(result.status == 0, "\(result.errors)")
        for (index, example) in examples.enumerated() {
            let table = try #require(Self.tables[example.type])
            let answer = try tacho.run("table", table, "--as-of", "\(index + 1)", "--json")
            let changed = try answer.rows().filter {
                $0["updated_position"] as? Int == index + 1
            }
            #expect(changed.count == 1, "\(example.line)")
            #expect(try answer.json()["warnings"] as? [String] == [], "\(example.line)")
        }
    }

    @Test func `data alone goes with --type, and makes the same rows`() throws {
        let whole = try Program()
        let parts = try Program()
        let examples = try Self.examples().filter { Self.tables[$0.type] != nil }

        for example in examples {
            _ = try whole.run(["append", "--envelope"], input: Data((example.line + "\n").utf8))
            try parts.append([example.data], type: example.type)
        }

        for table in Set(Self.tables.values).sorted() {
            let keys = try [whole, parts].map { tacho in
                try tacho.run("table", table, "--json").rows().map { row in
                    [
                        "request_id", "entry_id", "webhook_id", "issue_number", "queue_id",
                        "tool_name",
                    ]
                    .compactMap { row[$0] }.map { "\($0)" }
                }
            }
            #expect(!keys[0].isEmpty)
            #expect(keys[0] == keys[1])
        }
    }

    @Test func `an entry that was deleted is still there, and once was not deleted`() throws {
        let tacho = try Program()
        try tacho.append([#"{"entry_id":"1","session_id":"s"}"#], type: "work_log.entry")
        try tacho.append([#"{"entry_id":"1"}"#], type: "work_log.deleted")

        let before = try tacho.run("table", "work_log", "--as-of", "1", "--json").rows()
        let now = try tacho.run("table", "work_log", "--json").rows()

        #expect(before.first?["deleted_at"] is NSNull)
        #expect(now.count == 1)
        #expect(now.first?["deleted_at"] is String)
    }

    @Test func `ids of 10 KB and of another Unicode form name rows of their own`() throws {
        let tacho = try Program()
        let long = String(repeating: "q", count: 10_000)
        let ids = ["\u{e9}", "e\u{301}", long + "1", long + "2"]

        try tacho.append(ids.map { #"{"queue_id":"\#($0)"}"# }, type: "queue.enqueued")

        for id in ids {
            let found = try tacho.run("table", "phase_queue", "--where", "queue_id=\(id)", "--json")
            #expect(try found.rows().count == 1)
        }
        #expect(try tacho.run("table", "phase_queue").status == 0)
        #expect(try tacho.run("rebuild").status == 0)
    }
}
