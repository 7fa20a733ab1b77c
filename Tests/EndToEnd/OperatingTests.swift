import Foundation
import TestSupport
import Testing

/// What an operator does to a store over its years, one after the other, with the real program.
@Suite struct OperatingTests {
    private let tacho: Program
    private let (cold, away, backup): (String, String, String)

    init() throws {
        tacho = try Program()
        (cold, away) = (tacho.home.file("cold"), tacho.home.file("away"))
        backup = tacho.home.file("backup")
        // Two sealed segments, and events that are not sealed.
        try SampleStore.fill(tacho)
        try #require(tacho.run("seal").status == 0)
        try tacho.append((0..<50).map { "{\"n\":\($0)}" }, stream: "numbers")
        try #require(tacho.run("seal").status == 0)
        try tacho.append(["{\"n\":50}"], stream: "numbers")
    }

    /// Rows of tables, in a store.
    private func answers(_ store: String? = nil) throws -> [String] {
        try ["workflow_history", "task_logs", "tool_calls", "sessions"].flatMap { name in
            let result = try tacho.run(
                "table", name, "--json", "--limit", "1000", "--store", store ?? tacho.store)
            #expect(result.status == 0, "\(name): \(result.errors)")
            return try result.rows().map { row in
                let bytes = try JSONSerialization.data(withJSONObject: row, options: .sortedKeys)
                return name + String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    private func run(_ arguments: String...) throws -> Program.Result {
        let result = try tacho.run(arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        return result
    }

    private func isSound(_ store: String? = nil) throws -> Bool {
        try tacho.run("verify", "--deep", "--replay", "--store", store ?? tacho.store).status == 0
    }

    private func move(_ from: String, _ to: String) throws {
        try FileManager.default.moveItem(atPath: from, toPath: to)
    }

    @Test func `archived, thawed, expired, and rebuilt from the archive, every answer stays`()
        throws
    {
        let (lines, before) = (try run("cat").lines, try answers())
        #expect(before.count > 15)

        // Archived: the lines are elsewhere, and whoever needs them is told where.
        _ = try run("archive", "--to", cold, "--execute")
        let names = try FileManager.default.contentsOfDirectory(atPath: tacho.store + "/log")
        #expect(names.allSatisfy { !$0.hasSuffix(".lz4") })
        #expect(try run("cat").lines.starts(with: lines))
        #expect(try isSound())
        try move(cold, away)
        #expect(try answers() == before)
        for command in [["cat"], ["thaw", "--all"], ["table", "sessions", "--as-of", "3"]] {
            let refused = try tacho.run(command)
            #expect(refused.status == 69 && refused.errors.contains(cold), "\(refused.errors)")
        }
        let status = try run("status", "--json").data()
        let expiry = try tacho.run("expire", "--max-bytes", "1", "--execute")
        #expect(expiry.status == 69 && expiry.errors.contains("tacho thaw"), "\(expiry.errors)")
        #expect(
            try run("status", "--json").data()["position"] as? Int == status["position"] as? Int)
        let next = try tacho.run(
            ["append", "--type", "t", "--stream", "a1b2c3d4", "--expect-last", "1"],
            input: Data("{}\n".utf8))
        #expect(next.status == 4, "\(next.errors)")
        #expect(try tacho.run("compact", "--execute").status == 0)
        let findings = try tacho.run("doctor")
        #expect(findings.status == 4 && findings.text.contains("tacho thaw"), "\(findings.errors)")
        try move(away, cold)

        // Thawed: as it was.
        _ = try run("thaw", "--all")
        #expect(try isSound())
        #expect(try run("cat").lines.starts(with: lines))
        _ = try run("backup", backup)

        // Expired: tables count what is gone, and questions about it are not answered with nothing.
        _ = try run("expire", "--max-bytes", "1", "--execute")
        #expect(try isSound())
        #expect(try answers() == before)
        for command in [["cat", "--from", "1"], ["table", "sessions", "--as-of", "3"]] {
            let refused = try tacho.run(command)
            #expect(refused.status == 1 && refused.errors.contains("expired by event"))
        }

        // The archive has it still, and so the tables at the cut can be made anew.
        let archived = tacho.home.file("archived")
        _ = try run("restore", cold, "--to", archived)
        #expect(try isSound(archived))
        let wrong = try tacho.run("rebuild", "--cut-from", cold)
        #expect(wrong.status == 1 && wrong.errors.contains("tacho restore"), "\(wrong.errors)")
        _ = try run("rebuild", "--cut-from", archived)
        #expect(try isSound())
        #expect(try answers() == before)

        // The backup is the store as it was before.
        let restored = tacho.home.file("restored")
        _ = try run("restore", backup, "--to", restored)
        #expect(try isSound(restored))
        #expect(try run("cat", "--store", restored).lines.starts(with: lines))
        #expect(try answers(restored) == before)
    }

    @Test
    func `a compaction leaves columns out unless it is told to have them, and changes no answer`()
        throws
    {
        func reasons(_ options: String...) throws -> Set<String> {
            let plan = try tacho.run(["compact", "--json"] + options).data()
            let steps = try #require(plan["steps"] as? [[String: Any]])
            return Set(steps.flatMap { $0["reasons"] as? [String] ?? [] })
        }
        let (lines, before) = (try run("cat").lines, try answers())

        #expect(try reasons("--columns").contains("reindex") == false, "sealing has written them")
        #expect(try reasons().contains("reindex"))
        _ = try run("compact", "--execute")
        #expect(try reasons().isEmpty)
        #expect(try reasons("--columns") == ["reindex"])
        #expect(try run("cat").lines.starts(with: lines))
        #expect(try answers() == before)

        _ = try run("compact", "--columns", "--execute")
        #expect(try reasons("--columns").isEmpty)
        #expect(try isSound())
        #expect(try answers() == before)
    }
}
