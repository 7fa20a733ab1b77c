import TachoEvents
import TachoJSON
import TachoLog
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

/// A version that has kept a table, and the columns that it did not have.
struct EarlierVersion: Sendable, CustomStringConvertible {
    let table: String
    let version: Int
    var lacks: Set<String> = []

    var description: String { "\(table) \(version)" }

    private static let totalsOfSessions: Set = [
        "total_input", "total_output", "total_cache_read", "total_cache_write", "output_at_total",
        "hook_results",
    ]

    static let all = [
        EarlierVersion(table: "adw_locks", version: 1),
        EarlierVersion(table: "adw_locks", version: 2),
        EarlierVersion(table: "adw_tools", version: 1),
        EarlierVersion(table: "cost_savings_log", version: 1),
        EarlierVersion(table: "github_artifacts", version: 1),
        EarlierVersion(table: "model_usage", version: 4, lacks: ["is_of_run"]),
        EarlierVersion(table: "operation_patterns", version: 1),
        EarlierVersion(table: "operation_patterns", version: 2),
        EarlierVersion(table: "operation_patterns", version: 3),
        EarlierVersion(table: "pattern_approvals", version: 1),
        EarlierVersion(table: "pattern_executions", version: 1),
        EarlierVersion(table: "pattern_occurrences", version: 1),
        EarlierVersion(table: "pattern_occurrences", version: 2),
        EarlierVersion(table: "pattern_occurrences", version: 3),
        EarlierVersion(table: "phase_dependencies", version: 1, lacks: ["awaits_completion"]),
        EarlierVersion(table: "phase_dependencies", version: 2),
        EarlierVersion(table: "phase_queue", version: 1, lacks: ["requeued_at", "phase_told_at"]),
        EarlierVersion(table: "phase_queue", version: 2, lacks: ["phase_told_at"]),
        EarlierVersion(table: "prices", version: 2),
        EarlierVersion(table: "resource_snapshots", version: 1),
        EarlierVersion(table: "session_times", version: 4),
        EarlierVersion(table: "sessions", version: 7, lacks: totalsOfSessions),
        EarlierVersion(table: "sessions", version: 8, lacks: totalsOfSessions),
        EarlierVersion(table: "sessions", version: 9, lacks: ["hook_results"]),
        EarlierVersion(table: "sessions", version: 10, lacks: ["hook_results"]),
        EarlierVersion(table: "task_logs", version: 1, lacks: ["fact"]),
        EarlierVersion(table: "tool_calls", version: 5),
        EarlierVersion(table: "tool_calls", version: 6),
        EarlierVersion(table: "tool_calls", version: 7),
        EarlierVersion(table: "tool_calls", version: 8),
        EarlierVersion(table: "tool_calls", version: 9),
        EarlierVersion(table: "tool_sequences", version: 2),
        EarlierVersion(table: "tool_sequences", version: 3),
        EarlierVersion(table: "tool_sequences", version: 4),
        EarlierVersion(table: "user_prompts", version: 1),
        EarlierVersion(table: "webhook_events", version: 1),
        EarlierVersion(table: "work_log", version: 1),
        EarlierVersion(
            table: "workflow_history", version: 4, lacks: ["merged_at", "phases_modified"]),
        EarlierVersion(
            table: "workflow_history", version: 5, lacks: ["merged_at", "phases_modified"]),
        EarlierVersion(table: "workflow_history", version: 6, lacks: ["phases_modified"]),
    ]
}

@Suite struct ContinuedVersionTests {
    private static let cut = 300

    /// Who raises a version decides it here, too: with which tables before it the new one goes on.
    @Test func `every raise has decided with which tables it goes on`() {
        let raised = allProjectors.filter { $0.version > 1 }

        let decided = Dictionary(
            uniqueKeysWithValues: raised.map { ("\($0.name) \($0.version)", $0.continuedVersions) })

        #expect(
            decided == [
                "adw_locks 3": [1, 2],
                "adw_tools 2": [1],
                "cost_savings_log 2": [1],
                "github_artifacts 2": [1],
                // Tables before 4 were kept in another form, which only they can read.
                "model_usage 5": [4],
                "operation_patterns 4": [1, 2, 3],
                "pattern_approvals 2": [1],
                "pattern_executions 2": [1],
                "pattern_occurrences 4": [1, 2, 3],
                "phase_dependencies 3": [1, 2],
                "phase_queue 3": [1, 2],
                "prices 3": [2],  // 1 as model_usage.
                "resource_snapshots 2": [1],
                // Sessions before 4 did not say whether they are past what they have copied.
                "session_times 5": [4],
                "sessions 11": [7, 8, 9, 10],
                "task_logs 2": [1],
                "tool_calls 10": [5, 6, 7, 8, 9],
                "tool_sequences 5": [2, 3, 4],  // 1 as model_usage.
                "user_prompts 2": [1],
                "webhook_events 2": [1],
                "work_log 2": [1],
                "workflow_history 7": [4, 5, 6],
            ])
        let continued = raised.flatMap { type in
            type.continuedVersions.map { "\(type.name) \($0)" }
        }
        #expect(Set(EarlierVersion.all.map(\.description)) == Set(continued))
    }

    @Test(arguments: EarlierVersion.all)
    func `a table that an earlier version has kept is gone on with`(
        earlier: EarlierVersion
    ) throws {
        let type = try #require(allProjectors.first { $0.name == earlier.table })
        let disk = SimulatedFileSystem(seed: 3)
        let snapshots = SnapshotStore(directory: "snap", fileSystem: disk)
        let log = RandomLog.mixed(600, seed: 11)
        let store = try #require(StoreID("01939f7e-7d3c-7b52-a2f6-0c61f2d1a9b4"))
        let positioned = log.lines.enumerated().map { (Position(UInt64($0 + 1)), $1) }
        let expired = Expiries.Cut(
            through: Position(UInt64(Self.cut)), recorded: Timestamp(microseconds: 1),
            event: Position(900), policy: "a policy", chain: .zero)
        let whole = CutLog(store: store, lines: positioned, expiries: Expiries())
        let rest = CutLog(
            store: store, lines: Array(positioned[Self.cut...]), expiries: Expiries([expired]))
        let front = try fold(
            type, CutLog(store: store, lines: Array(positioned[..<Self.cut]), expiries: Expiries()))
        let anchor = try #require(try rest.anchor(at: expired.through))
        try snapshots.keep(front.projections.projections[0], anchor: anchor)
        let path = try #require(disk.paths.first { $0.hasSuffix(".kept.lz4") })
        let bytes = try #require(disk.contents(path))
        try disk.remove(path)
        let name = try #require(path.split(separator: "/").last)
        try snapshots.put(
            try Self.kept(bytes, by: earlier), "\(earlier.table)/\(earlier.version)-x/\(name)")

        let live = try fold(type, rest, snapshots)

        #expect(live.report.damage.isEmpty && live.report.lacking.isEmpty)
        #expect(live.report.continuations.map(\.keptVersion) == [earlier.version])
        #expect(live.report.continuations.map(\.missing) == [[]])
        let table = live.projections.projections[0].table
        table.checkInvariants()
        let expected = try fold(type, whole).projections.projections[0]
        #expect(table.rowCount == expected.table.rowCount && table.rowCount > 1)
        // As if nothing had expired, where no column was lacking.
        if earlier.lacks.isEmpty {
            #expect(live.projections.projections[0].stateHash == expected.stateHash)
        }
    }

    private func fold(
        _ type: any Projector.Type, _ log: CutLog, _ snapshots: SnapshotStore? = nil
    ) throws -> LiveTables {
        var options = LiveTables.Options()
        options.threadCount = 1
        return try LiveTables.open(log, snapshots: snapshots, projectors: [type], options: options)
    }

    /// A kept table as an earlier version wrote it: of its number, without the columns that it lacks.
    private static func kept(_ bytes: [UInt8], by earlier: EarlierVersion) throws -> [UInt8] {
        var text: [UInt8] = []
        #expect(FramedLines.forEachFrame(in: bytes) { text += $0 } == nil)
        let lines = text.split(separator: 0x0A).map(Array.init)
        let header = try #require(KeptTable.header(bytes))
        let kept = header.columns.indices.filter {
            !earlier.lacks.contains(header.columns[$0].name)
        }
        #expect(kept.count == header.columns.count - earlier.lacks.count)

        let front = try #require(lines[0].firstRange(of: Array("\"columns\":".utf8))).upperBound
        let words = String(decoding: lines[0][..<front], as: UTF8.self)
            .replacing(#/"version":\d+/#, with: "\"version\":\(earlier.version)")
            .replacing(#/"fingerprint":"\w+"/#, with: "\"fingerprint\":\"\(otherFingerprint)\"")
        let columns = elements(Array(lines[0][front...].dropLast()), kept)
        var written = [Array(words.utf8) + columns + [UInt8(ascii: "}")]]
        written += lines.dropFirst().dropLast().map { elements($0, kept) }
        written = written.map { $0 + [0x0A] }
        let digest = SHA256.hash(Array(written.joined())).hex
        written.append(Array("{\"rows\":\(lines.count - 2),\"sha256\":\"\(digest)\"}\n".utf8))
        var writer = FramedLinesWriter()
        for line in written { writer.append(line) }
        return writer.finish()
    }

    private static let otherFingerprint = String(repeating: "0", count: 64)

    private static func elements(_ array: [UInt8], _ kept: [Int]) -> [UInt8] {
        var all: [[UInt8]] = []
        array.withUnsafeBytes {
            JSONView(validated: $0).forEachElement { element in
                all.append(Array(element.bytes))
                return true
            }
        }
        return [UInt8(ascii: "[")] + kept.map { all[$0] }.joined(separator: [UInt8(ascii: ",")])
            + [UInt8(ascii: "]")]
    }
}
