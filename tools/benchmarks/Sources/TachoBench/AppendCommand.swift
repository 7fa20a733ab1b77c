import Foundation
import Synchronization
import TachoLog

/// `append STORE EVENTS`: one writer among several, as `peers/writer.h` describes them.
///
/// With `--threads N` it is N of them in one process, which share one `SharedLogWriter`.
enum AppendCommand {
    static func run(_ arguments: Arguments) throws {
        let store = try arguments.positional(0, "STORE")
        let batchCount = max(1, try arguments.integer("batch", default: 1))
        guard
            let durability = Durability(
                rawValue: arguments.text("durability", default: "commit"))
        else { throw UsageError(message: "--durability interval|commit|strict") }
        var options = LogOptions()
        options.sealByteCount = try arguments.integer(
            "seal-bytes", default: options.sealByteCount)
        var log = try LogWriter.open(store, options: options)
        let events = try EventFile.load(
            try arguments.positional(1, "EVENTS"),
            slice: try arguments.integer("slice", default: 0),
            of: max(1, try arguments.integer("of", default: 1)),
            limit: try arguments.integer("count", default: .max),
            keepsIDs: try arguments.integer("ids", default: 0) != 0)
        // A batch is made before the clock starts: the API takes an array of events, and who
        // made them is not the log's time.
        let batches = stride(from: 0, to: events.count, by: batchCount).map { start in
            Array(events[start..<min(start + batchCount, events.count)])
        }

        Output.print("ready\n")
        guard readLine() != nil else { return }
        let threadCount = max(1, try arguments.integer("threads", default: 1))
        let start = nanoseconds()
        if threadCount > 1 {
            let log = SharedLogWriter(log)
            let durations = try append(batches, to: log, durability, threadCount: threadCount)
            report(start, nanoseconds(), events.count, durations)
            return try log.close()
        }
        var durations: [UInt64] = []
        durations.reserveCapacity(batches.count)
        var last = start
        for batch in batches {
            _ = try log.append(batch, durability: durability)
            let now = nanoseconds()
            durations.append(now - last)
            last = now
        }
        report(start, last, events.count, durations)
        try log.close()
    }

    private static func report(
        _ start: UInt64, _ end: UInt64, _ eventCount: Int, _ durations: [UInt64]
    ) {
        Output.print("done \(start) \(end) \(eventCount)\n")
        Output.print(durations.map { String($0) }.joined(separator: " ") + "\n")
    }

    /// Each thread takes every `threadCount`-th batch.
    private static func append(
        _ batches: [[NewEvent]], to log: SharedLogWriter, _ durability: Durability,
        threadCount: Int
    ) throws -> [UInt64] {
        let found = Mutex<(durations: [UInt64], failure: (any Error)?)>(([], nil))
        let ended = DispatchGroup()
        for number in 0..<threadCount {
            ended.enter()
            Thread {
                defer { ended.leave() }
                var durations: [UInt64] = []
                do {
                    for index in stride(from: number, to: batches.count, by: threadCount) {
                        let start = nanoseconds()
                        _ = try log.append(batches[index], durability: durability)
                        durations.append(nanoseconds() - start)
                    }
                } catch {
                    found.withLock { $0.failure = error }
                }
                found.withLock { $0.durations += durations }
            }.start()
        }
        ended.wait()
        return try found.withLock {
            if let failure = $0.failure { throw failure }
            return $0.durations
        }
    }
}
