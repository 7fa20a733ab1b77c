import Foundation
import TachoCapture
import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct SourceCheckpointTests {
    private let directory: TemporaryDirectory
    private let anchor = LogAnchor(store: "store", position: Position(7), lineChecksum: 9)

    init() throws { directory = try TemporaryDirectory() }

    private func record(_ number: Int) -> String {
        "{\"hook_event_name\":\"Stop\",\"session_id\":\"s\",\"n\":\(number)}"
    }

    private func importing(
        _ path: String, into sink: inout MemorySink, _ checkpoints: inout SourceCheckpoints,
        quarantine: String
    ) throws -> ImportReport {
        var importer = Importer(
            sink, quarantine: Quarantine(directory: directory.file(quarantine)),
            checkpoints: checkpoints)
        defer { sink = importer.sink }
        let report = try importer.run([path])
        checkpoints = try kept(importer.checkpoints)
        return report
    }

    /// As another process finds them.
    private func kept(_ checkpoints: SourceCheckpoints) throws -> SourceCheckpoints {
        let path = directory.file("SOURCES")
        try checkpoints.save(path, temporary: path + ".tmp", anchor: anchor)
        let loaded = try SourceCheckpoints.load(path) { _ in anchor }
        #expect(loaded == checkpoints)
        return loaded
    }

    private func counts(_ report: ImportReport) -> [Int] {
        [
            report.recordCount, report.eventCount, report.duplicateCount, report.conflictCount,
            report.rejectedCount, report.quarantinedCount, report.byteCount,
        ]
    }

    @Test func `with checkpoints every history of a file gives what reading it whole gives`() throws
    {
        let seed = testSeed()
        var random = SeededRandom(seed)
        for round in 0..<40 {
            var (known, whole) = (MemorySink(), MemorySink())
            var checkpoints = SourceCheckpoints()
            var content = ""
            var number = 0
            var savedByteCount = 0
            var changeTime = 1_700_000_000.0
            for step in 0..<25 {
                let before = content
                switch UInt.random(in: 0..<9, using: &random) {
                case 0...3:
                    for _ in 0...Int.random(in: 0..<4, using: &random) {
                        number += 1
                        content += record(number) + "\n"
                    }
                case 4: content += String(record(number + 1).prefix(9))  // cut off, perhaps glued
                case 5: content += "broken\n"
                case 6: content = String(content.prefix(content.count / 2))
                case 7: content = record(1000 + number) + "\n" + content
                default: break
                }
                let path = try directory.write("logs/a.jsonl", content)
                if Bool.random(using: &random) {
                    // Long ago, so that the same time of change means the same file.
                    if content != before { changeTime += 1 }
                    let time = Date(timeIntervalSince1970: changeTime)
                    try FileManager.default.setAttributes(
                        [.modificationDate: time], ofItemAtPath: path)
                }
                let report = try importing(path, into: &known, &checkpoints, quarantine: "q1")
                var none = SourceCheckpoints()
                let full = try importing(path, into: &whole, &none, quarantine: "q2")
                let place = Comment("seed \(seed), round \(round), step \(step)")
                #expect(counts(report) == counts(full), place)
                #expect(known.events == whole.events, place)
                savedByteCount += report.knownByteCount
            }
            try? FileManager.default.removeItem(atPath: directory.file("logs"))
            #expect(savedByteCount > 0)
        }
    }

    @Test func `what is in a file's middle is not read again when it grows`() throws {
        var sink = MemorySink()
        var checkpoints = SourceCheckpoints()
        let lines = (1...100).map { record($0) + "\n" }.joined()
        let path = try directory.write("a.jsonl", lines)
        _ = try importing(path, into: &sink, &checkpoints, quarantine: "q")
        try directory.append("a.jsonl", record(101) + "\n" + record(102).prefix(5))

        let report = try importing(path, into: &sink, &checkpoints, quarantine: "q")

        #expect(report.knownByteCount == lines.utf8.count)
        #expect(report.eventCount == 1 && report.duplicateCount == 100)
        #expect(report.rejectedCount == 1)
        #expect(sink.events.count == 101)
    }

    @Test func `another file in a file's place is read from its front`() throws {
        var sink = MemorySink()
        var checkpoints = SourceCheckpoints()
        let path = try directory.write("a.jsonl", (1...9).map { record($0) + "\n" }.joined())
        _ = try importing(path, into: &sink, &checkpoints, quarantine: "q")
        // Rotated: the old one goes on under another name.
        let old = directory.file("a.1.jsonl")
        try FileManager.default.moveItem(atPath: path, toPath: old)
        try directory.write("a.jsonl", (21...40).map { record($0) + "\n" }.joined())

        let new = try importing(path, into: &sink, &checkpoints, quarantine: "q")
        let rotated = try importing(old, into: &sink, &checkpoints, quarantine: "q")

        #expect(new.knownByteCount == 0 && new.eventCount == 20)
        #expect(rotated.eventCount == 0 && rotated.duplicateCount == 9)
    }

    @Test func `other rules for a file are reason to read it again`() throws {
        var sink = MemorySink()
        let path = try directory.write("a.jsonl", record(1) + "\n")
        var importer = Importer(sink)
        _ = try importer.run([path])
        let checkpoints = importer.checkpoints
        sink = importer.sink
        for change in 0..<2 {
            var options = ImportOptions()
            if change == 0 { options.kind = .hookLog } else { options.secrets = .mark }
            var other = Importer(sink, checkpoints: checkpoints, options: options)
            #expect(try other.run([path]).knownByteCount == 0)
        }
    }

    @Test func `checkpoints of another log, of another past, or with a changed byte are none`()
        throws
    {
        var sink = MemorySink()
        var checkpoints = SourceCheckpoints()
        let source = try directory.write("a.jsonl", record(1) + "\nbroken\n")
        _ = try importing(source, into: &sink, &checkpoints, quarantine: "q")
        let path = directory.file("SOURCES")
        let anchors = [
            LogAnchor(store: "other", position: anchor.position, lineChecksum: 9),
            LogAnchor(store: anchor.store, position: anchor.position, lineChecksum: 8), nil,
        ]
        for found in anchors {
            #expect(try SourceCheckpoints.load(path) { _ in found } == SourceCheckpoints())
        }
        let whole = try Array(Data(contentsOf: URL(filePath: path)))
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 0x11
            try directory.write("damaged", damaged)
            let loaded = try SourceCheckpoints.load(directory.file("damaged")) { _ in anchor }
            #expect(loaded == SourceCheckpoints(), "byte \(index)")
        }
        for count in whole.indices {
            try directory.write("damaged", whole.prefix(count))
            let loaded = try SourceCheckpoints.load(directory.file("damaged")) { _ in anchor }
            #expect(loaded == SourceCheckpoints(), "\(count) bytes")
        }
    }
}
