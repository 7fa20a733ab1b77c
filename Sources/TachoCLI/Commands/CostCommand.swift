import ArgumentParser
import TachoEvents
import TachoInsights
import TachoLog
import TachoProjections

struct CostCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost",
        abstract: "Add up tokens and what they cost.",
        discussion: """
            Each message of a model counts once, however many records repeat it; of a run only its \
            result counts. Prices are those of the day (`tacho prices list`). What has no price is \
            unknown, is told below the table, and is never $0. `tacho explain cost ID` shows every \
            term.

            EXAMPLES
              tacho cost --by day --since 2026-01-01
              tacho cost --by workflow --json | jq '.data.total.cost'
              tacho cost --prices reference
              tacho cost --compat ccusage
            """)

    enum PriceTable: String, ExpressibleByArgument, CaseIterable {
        case tacho, reference
    }

    enum Compatibility: String, ExpressibleByArgument, CaseIterable {
        case ccusage
    }

    @Option(help: "model, day, session, workflow, phase, project, or agent.")
    var by = CostReport.Dimension.model

    @OptionGroup var time: TimeOptions

    @Option(help: "The prices of the day, or the reference's two rows.")
    var prices = PriceTable.tacho

    @Option(help: "Count transcripts by this program's rule instead of ours.")
    var compat: Compatibility?

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard compat != nil else { return }
        if prices == .reference {
            throw ValidationError("--compat ccusage has prices of its own rule.")
        }
        if by != .model, by != .day, by != .session {
            throw ValidationError("--compat ccusage groups by model, day, or session.")
        }
    }

    func run() throws {
        if compat != nil { return try runCompatible() }
        let tables = try OpenTables(
            [
                WantedTable("model_usage", columns: ModelUsage.columns), "prices",
                WantedTable("sessions", columns: ModelUsage.sessionColumns),
            ], in: location, asOf: asOf.asOf, output.messages)
        let book = PriceBook(try tables.table("prices"))
        var report = CostReport(by: by, prices: prices == .tacho ? .tacho(book) : .reference)
        var timeless = 0
        ModelUsage.forEach(
            try tables.table("model_usage"), sessions: try tables.table("sessions")
        ) { usage in
            if usage.isCounted, usage.occurred == nil { timeless += 1 }
            if time.contains(usage.occurred) { report.add(usage) }
        }
        var warnings = tables.warnings
        if time.isGiven, timeless > 0 {
            warnings.append(
                "\(Quantity.count(timeless, "message")) without a time (outputs of runs have none) "
                    + "left out by --since and --until")
        }
        try CostPrinter(
            report: report, prices: prices.rawValue, warnings: warnings,
            isOfSomeTime: time.isGiven
        ).print(output)
        try tables.checkDamage()
    }

    // MARK: As ccusage

    private func runCompatible() throws {
        let tables = try OpenTables(["prices"], in: location, asOf: asOf.asOf, output.messages)
        var tally = CcusageTally(prices: PriceBook(try tables.table("prices")))
        var damage: [LogError] = []
        try tables.reader.forEachBatch(
            through: tables.asOf, matching: RecordFilter(types: ["transcript.assistant"]),
            onDamage: { damage.append($0) },
            { batch in
                try batch.forEachRecord { record in
                    Event.withEvent(of: record) { tally.take($0) }
                    return true
                }
                return true
            })
        let entries = tally.entries.filter { time.contains($0.moment) }
        try print(entries, tally, tables.warnings + damage.prefix(5).map(\.message))
        try tables.checkDamage()
    }

    private func print(
        _ entries: [CcusageTally.Entry], _ tally: CcusageTally, _ warnings: [String]
    ) throws(OutputError) {
        var groups: [(key: String?, sums: [Int128])] = []
        var indexByKey: [String?: Int] = [:]
        for entry in entries {
            let key: String? =
                switch by {
                case .day: String(entry.moment.description.prefix(10))
                case .session: entry.session.description
                default: entry.model?.description
                }
            let index = indexByKey[key] ?? groups.count
            if index == groups.count {
                indexByKey[key] = index
                groups.append((key, Array(repeating: 0, count: 6)))
            }
            let counts = [1, entry.input, entry.output, entry.cacheWrite, entry.cacheRead]
            for (place, count) in counts.enumerated() { groups[index].sums[place] += Int128(count) }
            groups[index].sums[5] += tally.cost(of: entry)
        }
        groups.sort { left, right in
            if by != .day, left.sums[5] != right.sums[5] { return left.sums[5] > right.sums[5] }
            return Array((left.key ?? "").utf8).lexicographicallyPrecedes((right.key ?? "").utf8)
        }
        if output.format == .text, groups.count > 1 {
            let total = groups.reduce(Array(repeating: Int128(0), count: 6)) { sums, group in
                zip(sums, group.sums).map { $0 + $1 }
            }
            groups.append(("total", total))
        }
        var listing = Listing(
            schema: "tacho.cost-ccusage/1",
            fields: [
                .init(by.rawValue), .init("messages", right: true), .init("input", right: true),
                .init("output", right: true), .init("cache_write", "cache write", right: true),
                .init("cache_read", "cache read", right: true), .init("cost", right: true),
            ])
        listing.warnings = warnings
        listing.emptyMessage = "No transcript is in the store."
        listing.rows = groups.map { key, sums in
            [.text(key)] + sums.prefix(5).map { .tokens($0) } + [.money(sums[5])]
        }
        try listing.print(output)
    }
}

extension CostReport.Dimension: ExpressibleByArgument {}
