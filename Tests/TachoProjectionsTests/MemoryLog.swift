import TachoJSON
import TachoLog
import TachoProjections
import TestSupport

/// Canonical lines in memory, in place of a log on disk.
struct MemoryLog: EventHistory {
    var lines: [[UInt8]] = []
    var store: ByteString = "memory"
    /// Records in a batch.
    var batchSize = 4096

    init() {}

    /// Lines that already are canonical.
    init(lines: [[UInt8]]) {
        self.lines = lines
    }

    /// Adds an event at the next position; each is recorded a second after the one before.
    mutating func append(
        stream: String, type: String, source: String = "test", version: Int = 1,
        time: Timestamp? = nil, data: String
    ) {
        let recorded = Timestamp(milliseconds: 1_766_052_000_000 + Int64(lines.count) * 1000)
        var line = "{\"position\":\(lines.count + 1),\"recorded\":\"\(recorded)\""
        line += ",\"id\":\"e\(lines.count + 1)\",\"stream\":\"\(stream)\",\"type\":\"\(type)\""
        line += ",\"source\":\"\(source)\",\"version\":\(version)"
        if let time { line += ",\"time\":\"\(time)\"" }
        lines.append(Array((line + ",\"data\":\(data)}\n").utf8))
    }

    var lastPosition: Position { Position(UInt64(lines.count)) }

    func batch(_ range: Range<Int>) -> RecordBatch {
        RecordBatch(bytes: Array(lines[range].joined()))
    }

    func batches(of size: Int) -> [RecordBatch] {
        stride(from: 0, to: lines.count, by: size).map { start in
            batch(start..<min(lines.count, start + size))
        }
    }

    func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        guard position > .zero, position <= lastPosition else { return nil }
        let line = lines[Int(position.rawValue) - 1]
        return LogAnchor(
            store: store, position: position, lineChecksum: CRC32C.checksum(line))
    }

    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws {
        let end = Int(min(last ?? lastPosition, lastPosition).rawValue)
        var start = Int(first.rawValue) - 1
        while start < end {
            let next = min(end, start + batchSize)
            let batch = batch(start..<next)
            start = next
            var bytes = [UInt8]()
            try batch.forEachRecord { record in
                if filter.matches(record) { bytes.append(contentsOf: record.line) }
                return true
            }
            if !bytes.isEmpty, try !body(RecordBatch(bytes: bytes)) { return }
        }
    }
}

extension MemoryLog {
    /// Events for ``ExampleProjector``, among some that nobody wants and some that it refuses.
    static func random(_ count: Int, seed: UInt64) -> MemoryLog {
        var random = SeededRandom(seed)
        var log = MemoryLog()
        let types = ["example.a", "example.b", "phase.started", "other", "hook.Stop"]
        for _ in 0..<count {
            var members = [String]()
            func add(_ member: @autoclosure () -> String) {
                if Bool.random(using: &random) { members.append(member()) }
            }
            add(#""status":"status \#(Int.random(in: 0...5, using: &random))""#)
            add(#""status":null"#)
            add(#""note":"note \#(Int.random(in: 0...9999, using: &random)) \u00e9 \"q\"""#)
            add(#""ratio":\#(Double.random(in: -1...1, using: &random))"#)
            add(#""done":\#(Bool.random(using: &random))"#)
            add(#""cost":\#(Int.random(in: -5...1_000_000_000_000, using: &random))"#)
            add(#""detail":{"n":[\#(Int.random(in: 0...99, using: &random)),null]}"#)
            if Int.random(in: 0..<40, using: &random) == 0 { members.append(#""poison":true"#) }
            log.append(
                stream: "stream \(Int.random(in: 0..<max(2, count / 6), using: &random))",
                type: types.randomElement(using: &random) ?? "other",
                source: "test/\(Int.random(in: 0...2, using: &random))",
                data: "{" + members.joined(separator: ",") + "}")
        }
        return log
    }
}
