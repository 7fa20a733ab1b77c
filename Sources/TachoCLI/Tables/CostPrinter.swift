import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

/// A ``CostReport`` as text, as JSON, or as CSV.
struct CostPrinter {
    let report: CostReport
    let prices: String
    let warnings: [String]
    /// Whether only a part of the time was asked for.
    var isOfSomeTime = false

    private static let kinds: [(kind: TokenKind, key: String)] = [
        (.input, "input_tokens"), (.output, "output_tokens"),
        (.cacheWrite5m, "cache_write_5m_tokens"), (.cacheWrite1h, "cache_write_1h_tokens"),
        (.cacheRead, "cache_read_tokens"), (.webSearch, "web_searches"),
    ]

    func print(_ options: OutputOptions) throws(OutputError) {
        guard options.format != .json else { return try Output.write(json) }
        var listing = listing
        guard options.format == .text else { return try listing.print(options) }
        if report.groups.count > 1 { listing.rows.append(row("total", report.total)) }
        try listing.print(options)
        guard !report.groups.isEmpty else { return }
        let lines = remarks.map { $0 + "\n" }.joined()
        if !lines.isEmpty { try Output.write("\n" + lines) }
    }

    private var listing: Listing {
        let hasSearches = report.total.tokens(.webSearch) > 0
        var listing = Listing(
            schema: "tacho.cost/1",
            fields: [
                // Names that are cut are the same name; paths tell by their beginning, too.
                .init(report.dimension.rawValue, minimum: report.dimension == .project ? 24 : 36),
                .init("messages", right: true, drop: 6),
                .init("input_tokens", "input", right: true, drop: 3),
                .init("output_tokens", "output", right: true, drop: 2),
                .init("cache_write_5m_tokens", "write 5m", right: true, drop: 4),
                .init("cache_write_1h_tokens", "write 1h", right: true, drop: 5),
                .init("cache_read_tokens", "cache read", right: true, drop: 1),
                .init("web_searches", "searches", right: true, drop: 8, detail: !hasSearches),
                .init("cost", right: true), .init("share", right: true, drop: 7),
                .init("reported_cost", "reported", right: true, drop: 9),
                .init("unpriced", right: true, drop: 10, detail: report.unpriced.isEmpty),
            ])
        listing.warnings = warnings
        listing.emptyMessage =
            isOfSomeTime
            ? "No use of a model is known in that time; `tacho cost --by day` shows when there was."
            : "No use of a model is known. `tacho import PATH` takes in transcripts and runs."
        listing.rows = report.groups.map { row($0.key?.description, $0.sum) }
        return listing
    }

    private func row(_ key: String?, _ sum: CostReport.Sum) -> [Cell] {
        [.text(key), .count(sum.messageCount)]
            + Self.kinds.map { .tokens(sum.tokens($0.kind)) }
            + [
                cost(sum), share(sum),
                sum.reportedCount > 0 ? .money(sum.reportedCost) : .unknown,
                .count(sum.unpricedCount),
            ]
    }

    /// Unknown where nothing has a price: not $0.
    private func cost(_ sum: CostReport.Sum) -> Cell {
        sum.pricedCount == 0 && sum.messageCount > 0 ? .unknown : .money(sum.cost)
    }

    private func share(_ sum: CostReport.Sum) -> Cell {
        guard report.total.cost > 0, sum.pricedCount > 0 else { return .unknown }
        // Whole tenths of a percent, half up.
        let tenths = (sum.cost * 2000 / report.total.cost + 1) / 2
        return .text("\(tenths / 10).\(tenths % 10) %")
    }

    // MARK: What has to be said beside the numbers

    private var remarks: [String] {
        let total = report.total
        var lines: [String] = []
        if total.reportedCount > 0 {
            lines.append(
                "reported  agents say \(Cell.money(total.reportedCost).display) for "
                    + Quantity.count(total.reportedCount, "row")
                    + ", which our prices put at \(Cell.money(total.costOfReported).display)")
        }
        if total.lowerBoundCount > 0 {
            lines.append(
                "at least  the tokens of \(Quantity.count(total.lowerBoundCount, "message")) are "
                    + "known as a lower bound only, and so is the cost")
        }
        if total.mayBeLongCount > 0 {
            lines.append(
                "at least  \(Quantity.count(total.mayBeLongCount, "result")) may hold long "
                    + "requests, priced as short ones")
        }
        if !report.unpriced.isEmpty { lines += unpricedLines }
        return lines
    }

    private var unpricedLines: [String] {
        let models = Set(report.unpriced.compactMap(\.model)).count
        // One that names no model has none without a price.
        let without =
            models > 0
            ? Quantity.count(models, "model")
            : Quantity.count(report.unpriced.reduce(0) { $0 + $1.messageCount }, "message")
        let tokens = report.unpriced.reduce(Int128(0)) { $0 + $1.tokens }
        let head =
            "unpriced  \(without) without a price, "
            + "\(Quantity.count(tokens)) tokens that are in no cost:"
        return [head]
            + report.unpriced.map { part in
                "          \(part.model.map { TerminalText.sanitized($0.description) } ?? "-"): "
                    + "\(Quantity.count(part.tokens)) tokens in "
                    + "\(Quantity.count(part.messageCount, "message")), \(part.gap)"
            }
    }

    // MARK: JSON

    private var json: [UInt8] {
        JSONEnvelope(schema: "tacho.cost/1", warnings: warnings).bytes { writer in
            writer.beginObject()
            writer.key("by")
            writer.value(report.dimension.rawValue)
            writer.key("prices")
            writer.value(prices)
            writer.key("groups")
            writer.beginArray()
            for group in report.groups {
                writer.beginObject()
                writer.key(report.dimension.rawValue)
                Cell.text(group.key?.description).write(to: &writer)
                write(group.sum, to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.key("total")
            writer.beginObject()
            write(report.total, to: &writer)
            writer.endObject()
            writer.key("unpriced")
            writer.beginArray()
            for part in report.unpriced {
                writer.beginObject()
                writer.key("model")
                Cell.text(part.model?.description).write(to: &writer)
                writer.key("reason")
                writer.value(part.gap.description)
                writer.key("messages")
                writer.value(part.messageCount)
                writer.key("tokens")
                Cell.tokens(part.tokens).write(to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.key("superseded_messages")
            writer.value(report.supersededCount)
            writer.endObject()
        }
    }

    private func write(_ sum: CostReport.Sum, to writer: inout JSONWriter) {
        func add(_ key: String, _ cell: Cell) {
            writer.key(key)
            cell.write(to: &writer)
        }
        add("messages", .count(sum.messageCount))
        for (kind, key) in Self.kinds { add(key, .tokens(sum.tokens(kind))) }
        add("total_tokens", .tokens(sum.totalTokens))
        let isKnown = sum.pricedCount > 0 || sum.messageCount == 0
        // The same amount three times: `cost` is what was there first.
        for key in ["cost", "cost_usd"] {
            add(key, isKnown ? .text(Amount.exact(sum.cost)) : .unknown)
        }
        add("cost_picousd", isKnown ? .text("\(sum.cost)") : .unknown)
        add("unpriced_tokens", .tokens(sum.unpricedTokens))
        add("unpriced_messages", .count(sum.unpricedCount))
        add("lower_bound_messages", .count(sum.lowerBoundCount))
        add("possibly_long_results", .count(sum.mayBeLongCount))
        let isReported = sum.reportedCount > 0
        add("reported_cost", isReported ? .text(Amount.exact(sum.reportedCost)) : .unknown)
        add(
            "priced_cost_of_reported",
            isReported ? .text(Amount.exact(sum.costOfReported)) : .unknown)
    }
}
