import Foundation
import TachoCapture
import TachoLog
import TachoProjections
import TachoSources
import TestSupport
import Testing

/// Tokens of other agents' real sessions against what the agents themselves add up.
@Suite(.enabled(if: SampleData.shared != nil), .serialized) struct AgentTotalsTests {
    private typealias Usage = ModelUsageProjector.Column
    private var root: String { SampleData.shared ?? "" }

    private func fold(_ paths: [String]) throws -> Projections {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        var importer = Importer(
            LogSink(try LogWriter.open(store), durability: .interval),
            quarantine: Quarantine(directory: store + "/quarantine"))
        _ = try importer.run(paths)
        try importer.finish().finish().close()
        var projections = Projections()
        try LogReader.open(store).forEachBatch {
            try projections.fold($0)
            return true
        }
        return projections
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder)
            .filter { $0.contains(".jsonl") }.sorted().map { "\(root)/\(folder)/\($0)" }
    }

    @Test func `the calls of each session of Codex add up to its last cumulative total`() throws {
        let paths = try files("codex")
        #expect(paths.count == 8)
        for path in paths {
            let table = try #require(try fold([path])["model_usage"]).table
            let columns: [Usage] = [.inputTokens, .outputTokens, .cacheReadTokens]
            var sums = [Int64](repeating: 0, count: 3)
            var totals: [[Int64]] = []
            for row in 0..<table.rowCount {
                let counts = columns.map { table.integer($0, row) ?? 0 }
                if table.text(Usage.inputSource, row, equals: "session") {
                    totals.append(counts)
                } else {
                    for index in 0..<3 { sums[index] += counts[index] }
                }
            }
            #expect(totals == [sums] && sums[0] > 0, "\(path)")
        }
    }

    @Test func `sessions and usage count the same tokens`() throws {
        let paths = ["codex", "copilot", "gemini", "pi", "swe-agent", "aider"].map {
            "\(root)/\($0)"
        }
        let projections = try fold(paths)
        let usage = try #require(projections["model_usage"]).table
        let sessions = try #require(projections["sessions"]).table
        typealias Session = SessionsProjector.Column

        for (one, other) in [
            (Usage.inputTokens, Session.inputTokens), (.outputTokens, .outputTokens),
            (.cacheReadTokens, .cacheReadTokens), (.cacheCreationTokens, .cacheWriteTokens),
        ] {
            let used = (0..<usage.rowCount)
                .filter { usage.boolean(Usage.isCounted, $0) == true }
                .reduce(Int64(0)) { $0 + (usage.integer(one, $1) ?? 0) }
            let told = (0..<sessions.rowCount).reduce(Int64(0)) {
                $0 + (sessions.integer(other, $1) ?? 0)
            }
            #expect(used == told && used > 0)
        }
        for projector in allProjectors {
            #expect(projections[projector.name]?.quarantined.count == 0, "\(projector.name)")
        }
    }

    @Test func `what pi reports is added up to the pico-dollar`() throws {
        let table = try #require(try fold([root + "/pi"])["model_usage"]).table
        let reported = (0..<table.rowCount).reduce(Int64(0)) {
            $0 + (table.money(Usage.reportedCost, $1) ?? 0)
        }
        // Σ cost.total of all messages, by Python's decimal.
        #expect(reported == 72_926_105_200_000)
    }
}
