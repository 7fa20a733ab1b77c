import ArgumentParser
import TachoLog
import TachoProjections

/// Which workflows: the filters that every list of them has.
struct HistoryFilter: ParsableArguments {
    @Option(help: "pending, running, completed, or failed (repeatable).")
    var status: [String] = []

    @Option(help: "Only models whose name holds this.")
    var model: String?

    @Option(help: "Only templates whose name holds this.")
    var template: String?

    @Option(help: "Only this issue.")
    var issue: Int64?

    @Option(help: "Only workflows created \(Moment.from).")
    var since: Moment?

    @Option(help: "Only workflows created \(Moment.through).")
    var until: Moment?

    @Option(help: ArgumentHelp("At least this cost.", valueName: "dollars"))
    var minCost: MoneyArgument?

    @Option(help: ArgumentHelp("At most this cost.", valueName: "dollars"))
    var maxCost: MoneyArgument?

    @Option(help: ArgumentHelp("At least this long.", valueName: "seconds"))
    var minDuration: Int64?

    @Option(help: ArgumentHelp("At most this long.", valueName: "seconds"))
    var maxDuration: Int64?

    @Option(help: "Only where id, request, issue, branch, or error holds this text.")
    var search: String?

    private static let statuses = ["pending", "running", "completed", "failed"]

    func validate() throws {
        for word in status where !Self.statuses.contains(word) {
            throw ValidationError(
                "--status is one of \(Self.statuses.joined(separator: ", ")), not \(word).")
        }
    }

    /// What can be asked of the table itself.
    func conditions(_ schema: TableSchema) -> [TableQuery.Condition] {
        var conditions = [TableQuery.Condition]()
        func add(_ column: String, _ comparison: TableQuery.Comparison, _ operand: Value?) {
            guard let operand, let index = schema.column(named: column) else { return }
            conditions.append(.init(index, comparison, operand))
        }
        if status.count == 1 { add("status", .equal, .text(ByteString(status[0]))) }
        add("model_used", .contains, model.map { .text(ByteString($0)) })
        add("workflow_template", .contains, template.map { .text(ByteString($0)) })
        add("issue_number", .equal, issue.map { .integer($0) })
        add("created_at", .greaterOrEqual, since.map { .timestamp($0.first) })
        add("created_at", .lessOrEqual, until.map { .timestamp($0.last) })
        add("reported_cost_total", .greaterOrEqual, minCost.map { .money($0.picoDollars) })
        add("reported_cost_total", .lessOrEqual, maxCost.map { .money($0.picoDollars) })
        add("duration_seconds", .greaterOrEqual, minDuration.map { .integer($0) })
        add("duration_seconds", .lessOrEqual, maxDuration.map { .integer($0) })
        return conditions
    }

    private static let searchedColumns = [
        "adw_id", "nl_input", "workflow_template", "branch_name", "error_message",
    ]

    /// The rows that conditions joined by "and" cannot express; `nil` for no further limit.
    func chosenRows(_ table: Table) -> Set<Int>? {
        var chosen: Set<Int>?
        func narrow(to rows: Set<Int>) {
            chosen = chosen.map { $0.intersection(rows) } ?? rows
        }
        func rows(_ column: String, _ comparison: TableQuery.Comparison, _ operand: Value) -> [Int]
        {
            guard let index = table.schema.column(named: column) else { return [] }
            return table.rows(TableQuery([.init(index, comparison, operand)]))
        }
        if status.count > 1 {
            narrow(to: Set(status.flatMap { rows("status", .equal, .text(ByteString($0))) }))
        }
        if let search {
            let text = Value.text(ByteString(search))
            var found = Set(Self.searchedColumns.flatMap { rows($0, .contains, text) })
            if let number = Int64(search) {
                found.formUnion(rows("issue_number", .equal, .integer(number)))
            }
            narrow(to: found)
        }
        return chosen
    }
}

/// An amount of dollars on the command line, exact.
struct MoneyArgument: ExpressibleByArgument {
    let picoDollars: Int64

    init?(argument: String) {
        let digits = argument.hasPrefix("$") ? argument.dropFirst() : argument[...]
        guard let picoDollars = PicoDollars.exact(Array(digits.utf8)) else { return nil }
        self.picoDollars = picoDollars
    }
}
