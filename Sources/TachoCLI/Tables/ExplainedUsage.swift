import TachoInsights
import TachoLog
import TachoProjections

/// The rows of usage that an id is about, and the events behind them.
struct ExplainedUsage {
    let tables: OpenTables
    let usages: [ModelUsage]
    /// Of the one row there is; of several only the first and the last of each are known.
    private let traced: [Position]?
    private let table: Table

    /// - Throws: ``Failure`` if the id names no message, session, or workflow.
    init(
        _ id: String, in location: StoreLocation, asOf: AsOf?, _ output: OutputOptions
    ) throws {
        tables = try OpenTables(
            ["model_usage", "prices", "sessions"], in: location, asOf: asOf, output.messages)
        let table = try tables.table("model_usage")
        self.table = table
        let all = ModelUsage.read(table, sessions: try tables.table("sessions"))
        var found = Self.usages(of: ByteString(id), all, table)
        if found.isEmpty, let name = try Self.completed(id, all, table) {
            found = Self.usages(of: name, all, table)
        }
        usages = found
        guard let first = usages.first else {
            throw Failure(
                .failure,
                "no message, session, or workflow \(id) used a model. `tacho table model_usage` "
                    + "lists what did.")
        }
        guard usages.count == 1 else {
            traced = nil
            return
        }
        let history = try RowHistory.trace(
            table.key(first.row), in: try tables.projection("model_usage"), limit: 100,
            history: tables.reader,
            snapshots: SnapshotStore(directory: location.layout.snapshots))
        traced = history?.changes.map(\.position)
    }

    /// What a row of usage may be called by.
    private static func names(_ usage: ModelUsage, _ table: Table) -> [ByteString] {
        [
            usage.workflow, usage.session, table.key(usage.row),
            table.text(ModelUsageProjector.Column.messageID, usage.row),
        ].compactMap(\.self)
    }

    private static func usages(
        of name: ByteString, _ all: [ModelUsage], _ table: Table
    ) -> [ModelUsage] {
        all.filter { names($0, table).contains(name) }
    }

    /// The one id that begins so, as `tacho show` takes it; `nil` if none does.
    private static func completed(
        _ text: String, _ all: [ModelUsage], _ table: Table
    ) throws(Failure) -> ByteString? {
        let beginning = ByteString(text)
        guard !text.isEmpty else { return nil }
        var seen = Set<ByteString>()
        var matches = [ByteString]()
        for usage in all {
            for name in names(usage, table) where name.hasPrefix(beginning) {
                if seen.insert(name).inserted { matches.append(name) }
            }
        }
        guard matches.count > 1 else { return matches.first }
        throw .ambiguous(text, matches.map(\.description))
    }

    /// The key of its row.
    func id(of usage: ModelUsage) -> ByteString { table.key(usage.row) }

    /// `12, 13, 15`; of several rows `12–15, 20–31`, the first and the last of each.
    func positions(_ usages: [ModelUsage]) -> String {
        if let traced { return traced.map { "\($0)" }.joined(separator: ", ") }
        let shown = usages.prefix(20).map { usage in
            let first = usage.firstPosition.map(String.init) ?? "-"
            let last = usage.lastPosition.map(String.init) ?? "-"
            return first == last ? first : "\(first)–\(last)"
        }
        let rest = usages.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }

    /// What is not in the sum, or makes it less than it was.
    func say(_ priced: [PricedUsage], _ output: OutputOptions) {
        guard output.format == .text, !output.isQuiet else { return }
        let superseded = usages.count - priced.count
        if superseded > 0 {
            Output.note(
                "\(Quantity.count(superseded, "message")) not counted: a result has them already")
        }
        let bounds = priced.filter(\.usage.isLowerBound).count
        if bounds > 0 {
            Output.note(
                "the tokens of \(Quantity.count(bounds, "message")) are known as a lower bound only"
            )
        }
        let reported = priced.compactMap(\.usage.reportedCost)
        if !reported.isEmpty {
            let sum = reported.reduce(Int128(0)) { $0 + Int128($1) }
            Output.note("the agents themselves say $\(Amount.exact(sum))")
        }
        for gap in Set(priced.compactMap { $0.gap?.description }).sorted() {
            Output.note("the sum lacks what is unknown: \(gap)")
        }
    }
}
