import TachoJSON
import TachoProjections
import TachoQuery

/// What `tacho sql` takes for some questions, against tables of SQLite's own.
struct SQLFigures {
    static let columns = ["adw_id", "tool_name", "status", "duration_ms"]

    private let rowCount: Int
    private var figures: [(question: SQLComparison.Question, times: SQLComparison.Times)] = []

    init(_ calls: Table, runs: Int) throws {
        rowCount = calls.rowCount
        let comparison = try SQLComparison(calls)
        for question in SQLComparison.questions {
            let times = try comparison.times(question, runs: runs) { body in
                let duration = try ContinuousClock().measure(body)
                return Double(duration.components.seconds)
                    + Double(duration.components.attoseconds) / 1e18
            }
            figures.append((question, times))
        }
    }

    func print(_ output: OutputOptions) throws {
        guard output.format != .json else { return try Output.write(json) }
        var listing = Listing(
            schema: "tacho.bench.sql/1",
            fields: [
                .init("what"), .init("seconds", "time", right: true),
                .init("sqlite_seconds", "SQLite's table", right: true),
                .init("indexed_seconds", "with indexes", right: true),
                .init("ratio", right: true),
            ])
        listing.rows = figures.map { question, times in
            let (ours, real) = (Self.median(times.ours), Self.median(times.real))
            return [
                .text(question.title), .seconds(ours), .seconds(real),
                .seconds(Self.median(times.indexed)), .real(ours > 0 ? real / ours : 0),
            ]
        }
        try listing.print(output)
        if output.format == .text, !output.isQuiet {
            Output.note("\(Quantity.count(rowCount, "call"))")
        }
    }

    private var json: [UInt8] {
        JSONEnvelope(schema: "tacho.bench.sql/1").bytes { writer in
            writer.beginObject()
            writer.key("rows")
            writer.value(rowCount)
            writer.key("questions")
            writer.beginArray()
            for (question, times) in figures {
                writer.beginObject()
                writer.key("name")
                writer.value(question.name)
                writer.key("title")
                writer.value(question.title)
                for (key, seconds) in [
                    ("seconds", times.ours), ("sqlite_seconds", times.real),
                    ("indexed_seconds", times.indexed),
                ] {
                    writer.key(key)
                    writer.beginArray()
                    for second in seconds { writer.value(second) }
                    writer.endArray()
                }
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func median(_ seconds: [Double]) -> Double {
        seconds.sorted()[seconds.count / 2]
    }
}
