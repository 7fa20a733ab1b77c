import TachoLog

/// `append STORE EVENTS`: one writer among several, as `peers/writer.h` describes them.
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
        var durations: [UInt64] = []
        durations.reserveCapacity(batches.count)

        Output.print("ready\n")
        guard readLine() != nil else { return }
        let start = nanoseconds()
        var last = start
        for batch in batches {
            _ = try log.append(batch, durability: durability)
            let now = nanoseconds()
            durations.append(now - last)
            last = now
        }
        Output.print("done \(start) \(last) \(events.count)\n")
        Output.print(durations.map { String($0) }.joined(separator: " ") + "\n")
        try log.close()
    }
}
