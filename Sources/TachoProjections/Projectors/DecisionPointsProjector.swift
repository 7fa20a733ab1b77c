package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds decisions of agents and orchestrators into one row a decision.
///
/// `decision.recorded` makes the row, `decision.outcome` says later how it went, by the decision's
/// id. They may come in either order: an outcome that comes first waits in its row for the rest,
/// and the last outcome that is said counts.
///
/// Source: semantics §1.14; the seed's "Decision Points".
package struct DecisionPointsProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = ["decision.*"]

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        if event.type.equals("decision.outcome") {
            try applyOutcome(event, &table)
        } else if event.type.equals("decision.recorded") {
            applyRecorded(event, &table)
        }
    }

    /// The first record of a decision counts; a second one only adds what the first left out.
    private func applyRecorded(_ event: Event, _ table: inout Table) {
        let data = event.data
        let id = data["decision_id"]?.text() ?? []
        let (row, isNew) =
            id.isEmpty
            ? table.rowOrInsert(key: event.id, at: event)
            : table.rowOrInsert(key: ByteString(id), at: event)
        if !isNew { table.touch(row, at: event) }

        setSubject(data, event, row, &table)
        table.fill(Column.decisionType, of: row, text: data["decision_type"])
        if table.isUnknown(Column.availableOptions, row),
            let options = data["available_options"], options.kind == .array
        {
            table.set(Column.availableOptions, of: row, json: options)
            table.set(Column.optionCount, of: row, integer: options.elementCount)
        }
        table.fill(Column.chosenOption, of: row, text: data["chosen_option"])
        if table.isUnknown(Column.decisionFactors, row),
            let factors = data["decision_factors"], factors.kind == .object
        {
            table.set(Column.decisionFactors, of: row, json: factors)
        }
        if table.isUnknown(Column.timeToDecideMs, row),
            let time = data["time_to_decide_ms"]?.wholeNumber, time >= 0
        {
            table.set(Column.timeToDecideMs, of: row, integer: time)
        }
        if table.isUnknown(Column.outcome, row), let outcome = data["outcome"] {
            setOutcome(outcome, event, row, &table)
        }
        if table.isUnknown(Column.decidedAt, row) {
            table.set(Column.decidedAt, of: row, timestamp: event.occurred)
        }
    }

    private func applyOutcome(
        _ event: Event, _ table: inout Table
    ) throws(ProjectionError) {
        let data = event.data
        guard let id = data["decision_id"] else { throw .missing("decision_id") }
        guard let key = id.text(), !key.isEmpty else { throw .unexpected("decision_id") }
        guard let outcome = data["outcome"] else { throw .missing("outcome") }
        let (row, isNew) = table.rowOrInsert(key: ByteString(key), at: event)
        if !isNew { table.touch(row, at: event) }
        setSubject(data, event, row, &table)
        setOutcome(outcome, event, row, &table)
    }

    private func setOutcome(
        _ outcome: JSONView, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        guard outcome.isFilledText else { return }
        table.set(Column.outcome, of: row, text: outcome)
        table.set(Column.outcomeAt, of: row, timestamp: event.occurred)
    }

    private func setSubject(
        _ data: JSONView, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        let session = data["session_id"] ?? data["session"]
        table.fill(
            Column.adwID, of: row,
            workflow: data["adw_id"] ?? data["workflow_id"], event, session: session)
        table.fill(Column.sessionID, of: row, text: session)
        table.fill(Column.phase, of: row, text: data["phase"] ?? data["phase_name"])
    }
}

// MARK: - The table

extension DecisionPointsProjector {
    package enum Column: Int, ColumnHandle, CaseIterable {
        case decisionID
        case adwID
        case sessionID
        case phase
        case decisionType
        case availableOptions
        case optionCount
        case chosenOption
        case decisionFactors
        case timeToDecideMs
        case decidedAt
        case outcome
        case outcomeAt
    }

    package static let schema = TableSchema(
        name: "decision_points", key: "decision_id",
        summary: "What agents decided, among what, why, and how it went, one row a decision.",
        columns: [
            ColumnDefinition(
                "decision_id", .text,
                summary: "The decision's own id; the event's id where it has none."),
            ColumnDefinition("adw_id", .text, isIndexed: true, summary: "The workflow."),
            ColumnDefinition("session_id", .text, isIndexed: true, summary: "The agent's session."),
            ColumnDefinition("phase", .text, summary: "The phase it was decided in, as reported."),
            ColumnDefinition(
                "decision_type", .text, isIndexed: true,
                summary: "Kind of decision, as reported: retry_or_modify, tool_choice, …"),
            ColumnDefinition(
                "available_options", .json, summary: "What there was to choose from, as reported."),
            ColumnDefinition(
                "option_count", .integer, summary: "Number of elements of available_options."),
            ColumnDefinition("chosen_option", .text, summary: "What was chosen."),
            ColumnDefinition(
                "decision_factors", .json,
                summary: "What it was based on: context, previous attempts, state of files, …"),
            ColumnDefinition(
                "time_to_decide_ms", .integer, summary: "Milliseconds it took, as reported."),
            ColumnDefinition(
                "decided_at", .timestamp,
                summary: "When it was decided; by the store's clock if the event gives no time."),
            ColumnDefinition(
                "outcome", .text, isIndexed: true, summary: "How it went; the last one said."),
            ColumnDefinition("outcome_at", .timestamp, summary: "When the outcome was said."),
        ])
}
