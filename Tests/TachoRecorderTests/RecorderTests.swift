import Foundation
import Synchronization
import TachoCapture
import TachoLog
import TachoProjections
import TachoRecorder
import TachoSources
import TestSupport
import Testing

@Suite struct RecorderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var store: String { directory.file("store") }

    private var options: Recorder.Options {
        var options = Recorder.Options()
        options.spoolDirectory = directory.file("spool")
        return options
    }

    private var spooledNames: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory.file("spool"))) ?? []
    }

    @Test func `what is recorded is in the store, in order, with the fields of a structured log`()
        throws
    {
        let recorder = Recorder(store: store, options: options)

        recorder.phase("Build", .started, workflow: "a1", issue: 42)
        recorder.toolCall(
            "Bash", workflow: "a1", input: ["command": "ls"], duration: .milliseconds(1500),
            success: false, error: "exit code 1")
        recorder.phase(
            "Build", .completed, workflow: "a1", issue: 42, duration: .milliseconds(31_250),
            tokens: 12, costUSD: "0.2164515")
        recorder.event(
            type: "build.cache", stream: "a1",
            data: ["hits": 12, "ratio": 0.5, "paths": ["a", nil], "of": ["x": true]])
        #expect(recorder.close(timeout: .seconds(60)))

        let lines = try LogReader.open(store).allLines().lines
        #expect(recorder.counters.recorded == 4 && lines.count == 4)
        let ends = [
            #""phase_name":"Build","phase_status":"started","started_at":""#,
            #""duration_seconds":1.5,"success":false,"error_message":"exit code 1"}}"#,
            #""duration_seconds":31.25,"tokens_used":12,"cost_usd":0.2164515}}"#,
            #""data":{"hits":12,"ratio":0.5,"paths":["a",null],"of":{"x":true}}}"#,
        ]
        for (line, end) in zip(lines, ends) { #expect(line.contains(end), "\(line)") }
        #expect(lines.allSatisfy { $0.contains(#""stream":"a1""#) })
    }

    @Test func `many threads lose nothing, and each thread's events stay in its order`() throws {
        let recorder = Recorder(store: store, options: options)
        let (threadCount, perThread) = (8, 200)

        onThreads(threadCount) { thread in
            for index in 0..<perThread {
                recorder.event(
                    type: "test.event", data: ["n": .integer(thread * perThread + index)])
                if index % 50 == 0 { recorder.flush(timeout: .seconds(60)) }
            }
        }
        #expect(recorder.flush(timeout: .seconds(60)))

        let numbers = try LogReader.open(store).numbers()
        #expect(numbers.sorted() == Array(0..<threadCount * perThread))
        for thread in 0..<threadCount {
            let own = numbers.filter { $0 / perThread == thread }
            #expect(own == own.sorted())
        }
        #expect(recorder.counters.recorded == threadCount * perThread)
        #expect(recorder.counters.waiting == 0)
    }

    @Test func `a full queue drops what comes and counts it, and every event is counted once`() {
        var options = options
        options.queueCount = 3
        let recorder = Recorder(store: store, options: options)
        let count = 5000

        for number in 0..<count {
            recorder.event(type: "test.event", data: ["n": .integer(number)])
        }
        #expect(recorder.close(timeout: .seconds(60)))

        let counters = recorder.counters
        #expect(counters.dropped > 0)
        #expect(counters.recorded + counters.dropped == count)
        #expect((try? LogReader.open(store).numbers().count) == counters.recorded)
    }

    @Test func `an event larger than the queue is dropped, and the next one is taken`() {
        var options = options
        options.queueByteCount = 100
        let recorder = Recorder(store: store, options: options)

        recorder.event(type: "test.event", data: ["x": .text(String(repeating: "x", count: 200))])
        recorder.event(type: "test.event", data: ["n": 1])
        #expect(recorder.close(timeout: .seconds(60)))

        #expect(recorder.counters.dropped == 1 && recorder.counters.recorded == 1)
    }

    @Test func `what no store takes waits in the spool, and is drained in order`() throws {
        // A file where the directory should be: also root cannot write into that.
        try Data("x".utf8).write(to: URL(fileURLWithPath: store))
        let recorder = Recorder(store: store, options: options)

        for number in 0..<5 { recorder.event(type: "test.event", data: ["n": .integer(number)]) }
        #expect(recorder.close(timeout: .seconds(60)))
        #expect(recorder.counters.spooled == 5 && recorder.counters.dropped == 0)
        #expect(spooledNames.count == 5)

        try FileManager.default.removeItem(atPath: store)
        var sink = LogSink(try LogWriter.open(store))
        var quarantine = Quarantine(directory: directory.file("quarantine"))
        let report = try Spool([SpoolDirectory(path: directory.file("spool"))]).drain(
            store: store, into: &sink, quarantine: &quarantine, at: .now)
        #expect(report == SpoolReport(eventCount: 5))
        #expect(try LogReader.open(store).numbers() == [0, 1, 2, 3, 4])
    }

    @Test func `where neither store nor spool can be written, events are dropped and counted`()
        throws
    {
        for name in ["store", "spool"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        let recorder = Recorder(store: store, options: options)

        recorder.phase("Plan", .failed)
        #expect(recorder.close(timeout: .seconds(60)))

        #expect(recorder.counters.dropped == 1)
    }

    @Test func `a store that comes back is written again`() throws {
        try Data("x".utf8).write(to: URL(fileURLWithPath: store))
        let recorder = Recorder(store: store, options: options)
        recorder.event(type: "test.event", data: ["n": 0])
        #expect(recorder.flush(timeout: .seconds(60)))
        try FileManager.default.removeItem(atPath: store)

        recorder.event(type: "test.event", data: ["n": 1])
        #expect(recorder.close(timeout: .seconds(60)))

        #expect(recorder.counters.spooled == 1 && recorder.counters.recorded == 1)
        #expect(try LogReader.open(store).numbers() == [1])
    }

    @Test(arguments: [
        ("test.event", "[1]"), ("test.event", "{\"a\":"), ("test.event", ""), ("", "{}"),
        ("a\"b", "{}"), ("test.event", "{} {}"),
    ])
    func `what is no event is refused alone`(type: String, json: String) throws {
        let recorder = Recorder(store: store, options: options)

        recorder.event(type: "test.event", json: " {\"n\":\n1}\n")
        recorder.event(type: type, json: json)
        recorder.event(type: "test.event", json: "{\"n\":2}")
        #expect(recorder.close(timeout: .seconds(60)))

        #expect(recorder.counters.refused == 1 && recorder.counters.recorded == 2)
        #expect(try LogReader.open(store).allLines().lines.count == 2)
    }

    @Test func `after the end events are dropped, and closing again does nothing`() {
        let recorder = Recorder(store: store, options: options)
        #expect(recorder.close(timeout: .seconds(60)))
        recorder.phase("Plan", .started)
        #expect(recorder.close(timeout: .zero))

        #expect(recorder.counters.dropped == 1)
    }

    @Test func `a recorder that is let go of still writes what it was given`() throws {
        do {
            let recorder = Recorder(store: store, options: options)
            recorder.event(type: "test.event", data: ["n": 7])
        }
        // The thread goes on by itself; the log is followed until the event is there.
        var numbers: [Int] = []
        while numbers.isEmpty {
            numbers = (try? LogReader.open(store).numbers()) ?? []
            sched_yield()
        }
        #expect(numbers == [7])
    }

    @Test func `phases and calls fold into the tables`() throws {
        let recorder = Recorder(store: store, options: options)
        recorder.phase("Plan", .completed, workflow: "a1", issue: 7, duration: .seconds(3))
        recorder.toolCall("Bash", workflow: "a1", duration: .seconds(1), success: true)
        recorder.workflow(.completed, workflow: "a1", issue: 7, duration: .seconds(4))
        #expect(recorder.close(timeout: .seconds(60)))

        var tables = Projections()
        try LogReader.open(store).forEachBatch {
            try tables.fold($0)
            return true
        }

        for name in ["task_logs", "tool_calls", "workflow_history"] {
            #expect(tables.table(named: name)?.rowCount == 1)
        }
    }
}
