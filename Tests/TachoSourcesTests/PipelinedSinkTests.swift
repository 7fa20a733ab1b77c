import TachoLog
import TachoSimulation
import TachoSources
import TestSupport
import Testing

/// Appending on another thread while files are read.
@Suite struct PipelinedSinkTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Some files with records that repeat each other, in batches of a few.
    private func writeFiles() throws {
        for file in 0..<6 {
            let lines = (0..<40).map {
                let number = $0 % 3 == 0 ? $0 : file * 100 + $0
                return #"{"type":"user","uuid":"\#(number)","sessionId":"s","text":"x\#($0)"}"#
            }
            try directory.write("logs/\(file).jsonl", lines.joined(separator: "\n") + "\n{")
        }
    }

    private var options: ImportOptions {
        var options = ImportOptions()
        options.batchEventCount = 7
        return options
    }

    private func writer(_ store: String) throws -> LogWriter {
        var options = LogOptions()
        options.clock = { Timestamp(milliseconds: 1_766_052_000_000) }
        return try LogWriter.open(directory.file(store), options: options)
    }

    private func lines(_ store: String) throws -> [String] {
        try LogReader.open(directory.file(store)).allLines().lines
    }

    @Test func `the log and the report are those of a sink that waits`() throws {
        try writeFiles()
        var waiting = Importer(LogSink(try writer("waiting")), options: options)
        let expected = try waiting.run([directory.file("logs")])
        var importer = Importer(PipelinedSink(try writer("store")), options: options)

        let report = try importer.run([directory.file("logs")])

        #expect(try lines("store") == lines("waiting"))
        #expect(report.isBalanced && report.eventCount == expected.eventCount)
        #expect(report.files.map(\.eventCount) == expected.files.map(\.eventCount))
        #expect(report.files.map(\.duplicateCount) == expected.files.map(\.duplicateCount))
        #expect(report.files.map(\.rejectedCount) == [1, 1, 1, 1, 1, 1])
        #expect(report.duplicateCount == 5 * 14)
        let again = try importer.run([directory.file("logs")])
        #expect(again.eventCount == 0)
    }

    @Test func `outcomes that come late are counted for the files they are of`() throws {
        try writeFiles()
        var direct = MemorySink()
        let expected = try importing([directory.file("logs")], into: &direct, options: options)
        var importer = Importer(LateSink(), options: options)

        let report = try importer.run([directory.file("logs")])

        #expect(report.files.map(\.eventCount) == expected.files.map(\.eventCount))
        #expect(report.files.map(\.duplicateCount) == expected.files.map(\.duplicateCount))
    }

    @Test(arguments: 1...12)
    func `an append that fails ends the import, and another goes on from what is in the log`(
        failing: Int
    ) throws {
        try writeFiles()
        var sink = LateSink()
        sink.sink.failingAppend = failing
        var importer = Importer(sink, options: options)

        #expect(throws: LogError.self) { _ = try importer.run([directory.file("logs")]) }

        let taken = importer.sink.sink.events.count
        #expect(importer.report.eventCount <= taken)
        importer.sink.sink.failingAppend = nil
        let report = try importer.run([directory.file("logs")])
        #expect(report.isBalanced && report.eventCount + taken == importer.sink.sink.events.count)
        #expect(Set(importer.sink.sink.events.map(\.id)).count == report.eventCount + taken)
    }

    @Test func `a failure of the log is told once, and the sink goes on`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try LogWriter.open("/store", fileSystem: disk)
        var sink = PipelinedSink(log)
        let event = NewEvent(id: "a", stream: "s", type: "t", source: "x", data: Array("{}".utf8))
        let other = NewEvent(id: "a", stream: "s", type: "u", source: "x", data: Array("{}".utf8))

        let first = try sink.appendAndSettle([event])
        let second = try sink.appendAndSettle([event, other])

        #expect(first == [.appended(.first)])
        #expect(second == [.duplicate(.first), .conflict(.first)])
        let invalid = NewEvent(stream: "", type: "t", source: "x", data: Array("{}".utf8))
        #expect(throws: LogError.self) { _ = try sink.appendAndSettle([invalid]) }
        #expect(try sink.settle() == [])
        #expect(try sink.appendAndSettle([event]) == [.duplicate(.first)])
    }
}

/// Tells of each batch when the next one comes.
private struct LateSink: EventSink {
    var sink = MemorySink()
    private var late: [AppendOutcome] = []
    private var failure: LogError?

    mutating func append(_ events: [NewEvent]) throws(LogError) -> [AppendOutcome] {
        if late.isEmpty { try tellFailure() }
        let told = late
        late = []
        do throws(LogError) {
            if failure == nil { late = try sink.append(events) }
        } catch {
            failure = error
        }
        return told
    }

    mutating func settle() throws(LogError) -> [AppendOutcome] {
        if late.isEmpty { try tellFailure() }
        defer { late = [] }
        return late
    }

    private mutating func tellFailure() throws(LogError) {
        guard let failure else { return }
        self.failure = nil
        throw failure
    }
}
