import Foundation
import TachoCapture
import TachoLog
import TachoSources
import TestSupport
import Testing

/// The sample in the repository, with the damage it has.
@Suite struct SampleTests {
    @Test func `the sample is imported whole, and once`() throws {
        var sink = MemorySink()
        let first = try importing([fixture("sample")], into: &sink)
        let second = try importing([fixture("sample")], into: &sink)

        #expect(first.eventCount == sink.events.count && second.eventCount == 0)
        #expect(first.rejectedCount == 3 && first.conflictCount == 2 && first.problemCount == 0)
        #expect(
            Set(first.files.map(\.kind)) == [
                .hookLog, .transcript, .agentOutput, .adwState, .adwDirectory, .notALog, .codex,
                .gemini,
            ])
    }
}

extension SampleTests {
    @Test func `the log takes what the model takes`() throws {
        let directory = try TemporaryDirectory()
        var sink = MemorySink()
        let expected = try importing([fixture("sample")], into: &sink)
        let quarantine = Quarantine(directory: directory.file("store/quarantine"))
        var importer = Importer(
            LogSink(try LogWriter.open(directory.file("store"))), quarantine: quarantine)

        let report = try importer.run([fixture("sample")])
        let again = try importer.run([fixture("sample")])
        try importer.finish().finish().close()

        #expect(report.eventCount == expected.eventCount)
        #expect(report.conflictCount == expected.conflictCount)
        #expect(report.quarantinedCount == 3 && again.eventCount == 0)
        let lines = try LogReader.open(directory.file("store")).allLines().lines
        let data = lines.compactMap { $0.split(separator: "\"data\":", maxSplits: 1).last }
        #expect(data.map { $0.dropLast(2) } == sink.events.map { $0.text[...] })
    }
}

/// The whole of the real logs, where they are.
@Suite(.enabled(if: SampleData.shared != nil), .serialized) struct SharedDataTests {
    private var root: String { SampleData.shared ?? "" }

    @Test func `the counts add up, and a second import adds nothing`() throws {
        var sink = MemorySink()

        let first = try importing([root], into: &sink)
        let count = sink.events.count
        let second = try importing([root], into: &sink)

        for file in first.files { #expect(file.isBalanced, "\(file.path)") }
        #expect(first.eventCount == count && second.eventCount == 0)
        #expect(first.recordCount == second.recordCount)
        #expect(first.rejectedCount == second.rejectedCount)
        #expect(first.problemCount == 0)
        #expect(first.recordCount == 24_829 && first.eventCount == 23_079)
        // Growth states, hook logs that hold an older state, one session archived twice.
        #expect(first.duplicateCount == 1740)
        // Records written again with the same uuid: after glued lines, and in hand-made cases.
        #expect(first.conflictCount == 7)
        // The wrong types of the hand-made edge cases, and nothing else.
        #expect(
            first.files.filter { $0.rejectedCount > 0 }.map {
                $0.path.hasSuffix("edge_cases.jsonl")
            } == [true])
        #expect(first.rejectedCount == 3)
    }

    @Test func `the record counts are those of the shapes page`() throws {
        var sink = MemorySink()
        let report = try importing([root], into: &sink)
        func records(_ folder: String, _ kinds: [SourceKind]) -> Int {
            report.files.filter {
                $0.path.hasPrefix("\(root)/\(folder)/") && kinds.contains($0.kind)
            }
            .reduce(0) { $0 + $1.recordCount }
        }
        #expect(records("claude-transcripts", [.transcript]) == 11_217 + 3)
        #expect(records("claude-chat-arrays", [.transcript]) == 337)
        #expect(records("iflow", [.iflowTranscript]) == 16)
    }

    @Test func `the eight states of a rewritten hook log end with all five runs`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: root + "/hooks/templar")
        let states = names.filter { $0.hasPrefix("pre_tool_use") }.sorted()
        var sink = MemorySink()
        var added: [Int] = []
        for state in states {
            added.append(try importing(["\(root)/hooks/templar/\(state)"], into: &sink).eventCount)
        }
        #expect(states.count == 8)
        #expect(added == [258, 167, 68, 19, 160, 178, 653, 426])
        #expect(sink.events.count == 1929)
        #expect(Set(sink.events.map(\.text)).count == 1887)
    }

    @Test func `the growth states of a session add exactly what is new`() throws {
        let folder = root + "/claude-transcripts/entire-cli/growth-fdd24234"
        let states = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.contains(".jsonl") }.sorted()
        var sink = MemorySink()
        var added: [Int] = []
        for state in states {
            let report = try importing(["\(folder)/\(state)"], into: &sink)
            added.append(report.eventCount)
            #expect(report.conflictCount == 0)
        }
        #expect(added == [72, 18, 38, 129, 0])
    }

    /// Lines as `lz4 -dc FILE | grep -c .` counts them; the rest stands glued to another.
    @Test(
        arguments: [
            ("v2.1.5+2.1.6/ee-cf21d297fe-0", 409, 1), ("v2.1.7+2.1.12/8c-fa910f8ef9-0", 277, 2),
            ("v2.1.7+2.1.12/37-995ebed6e4-2", 170, 1), ("v2.0.76/c5-5af530f311-0", 404, 1),
        ])
    func `glued lines give both their records`(name: String, lineCount: Int, gluedCount: Int) throws
    {
        let path = "\(root)/claude-transcripts/entire-cli/\(name).jsonl.lz4"
        let report = try importing(path).report
        #expect(report.recordCount == lineCount + gluedCount && report.rejectedCount == 0)
    }
}
