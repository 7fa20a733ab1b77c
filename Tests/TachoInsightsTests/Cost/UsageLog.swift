import TachoEvents
import TachoInsights
import TachoLog
import TachoProjections
import Testing

/// Messages and prices as a log in memory, and the tables that are folded from it.
struct UsageLog {
    private(set) var lines: [[UInt8]] = []

    mutating func append(
        _ type: String, stream: String = "s1", source: String = "claude-code/transcript",
        time: String? = "2026-01-10T00:00:00Z", _ data: String
    ) {
        let position = lines.count + 1
        var line = #"{"position":\#(position),"recorded":"2026-03-01T00:00:00.000Z","#
        line += #""id":"e\#(position)","stream":"\#(stream)","type":"\#(type)","#
        line += #""source":"\#(source)","version":1"#
        // As the store writes it, however the test does.
        if let moment = time.flatMap({ Timestamp(iso8601: $0) }) {
            line += #","time":"\#(moment)""#
        }
        lines.append(Array((line + #","data":\#(data)}"# + "\n").utf8))
    }

    mutating func price(_ data: String) { append("price.set", stream: "prices", data) }

    /// A message by itself, with a stop reason.
    mutating func message(
        _ model: String, _ usage: String, id: String? = nil, session: String = "s1",
        time: String = "2026-01-10T00:00:00Z", more: String = ""
    ) {
        let id = id ?? "m\(lines.count)"
        append(
            "transcript.assistant", stream: session, time: time,
            #"{"cwd":"/p/\#(session)"\#(more),"message":{"id":"\#(id)","model":"\#(model)","stop_reason":"end_turn","usage":{\#(usage)}},"requestId":"r"}"#
        )
    }

    var batch: RecordBatch { RecordBatch(bytes: Array(lines.joined())) }

    private func fold() throws -> Projections {
        var projections = Projections([
            ModelUsageProjector.self, PricesProjector.self, SessionsProjector.self,
        ])
        try projections.fold(batch)
        return projections
    }

    func table(_ name: String) throws -> Table { try #require(try fold().table(named: name)) }

    func usages() throws -> [ModelUsage] {
        let tables = try fold()
        return ModelUsage.read(
            try #require(tables.table(named: "model_usage")),
            sessions: try #require(tables.table(named: "sessions")))
    }

    func book() throws -> PriceBook { PriceBook(try #require(try fold().table(named: "prices"))) }

    /// Of each message, in the order of the log.
    func priced() throws -> [PricedUsage] {
        let book = try book()
        return try usages().map { PricedUsage($0, by: book) }
    }

    func report(
        by dimension: CostReport.Dimension = .model, reference: Bool = false
    ) throws -> CostReport {
        CostReport(
            try usages(), by: dimension, prices: reference ? .reference : .tacho(try book()))
    }
}

/// Pico-dollars of millionths of a dollar, which is what price lists make of tokens.
func millionths(_ count: Double) -> Int128 { Int128((count * 1_000_000).rounded()) }
