import TachoEvents
import TachoJSON
import TachoLog

// What is put off to the end of a batch. A workflow is touched a hundred times in one: its phases
// and results are read, and the columns that follow from them written, once.

/// What waits for one row.
struct WorkflowDraft {
    /// The cells of the same names, as they are read, and whether they have to be written.
    var phases: PhaseHistory?
    var results: AgentResults?
    var hasNewPhase = false
    var hasNewResult = false
    /// Whether what the columns follow from has changed since they were written.
    var phasesAreStale = false
    var costsAreStale = false
    /// Whether its scores are to be computed at the end of the batch.
    var isTouched = false
}

extension WorkflowHistoryProjector {
    package mutating func settle(_ table: inout Table) {
        guard !drafts.isEmpty else { return }
        for row in drafts.rows { _ = settle(row, &table) }
        // Working space is bounded by a batch.
        drafts.removeAll()
    }

    /// Writes what waits for a row.
    ///
    /// - Returns: What its scores rest on.
    mutating func settle(_ row: Int, _ table: inout Table) -> WorkflowFacts {
        if drafts.read(row, { $0.hasNewPhase }) == true {
            table.set(Column.phaseHistory, of: row, json: phases(of: row, table).json)
            drafts.change(row) { $0.hasNewPhase = false }
        }
        if drafts.read(row, { $0.hasNewResult }) == true {
            table.set(Column.agentResults, of: row, json: results(of: row, table).json)
            drafts.change(row) { $0.hasNewResult = false }
        }
        let phasesAreStale = drafts.read(row) { $0.phasesAreStale } == true
        if phasesAreStale {
            refreshPhases(phases(of: row, table), row, &table)
            drafts.change(row) { $0.phasesAreStale = false }
        }
        // Steps that phases stand for share the costs.
        if phasesAreStale || drafts.read(row, { $0.costsAreStale }) == true {
            refreshCosts(results(of: row, table), row, &table)
            drafts.change(row) { $0.costsAreStale = false }
        }
        return refreshScores(row, &table)
    }

    mutating func markPhases(of row: Int) {
        drafts[row, default: WorkflowDraft()].phasesAreStale = true
    }

    mutating func markCosts(of row: Int) {
        drafts[row, default: WorkflowDraft()].costsAreStale = true
    }

    // MARK: Phases and results, read once a batch

    mutating func phases(of row: Int, _ table: Table) -> PhaseHistory {
        if let phases = drafts.read(row, { $0.phases }) ?? nil { return phases }
        let phases = table.withJSON(Column.phaseHistory, row) { PhaseHistory(json: $0) }
        drafts[row, default: WorkflowDraft()].phases = phases ?? PhaseHistory()
        return phases ?? PhaseHistory()
    }

    mutating func results(of row: Int, _ table: Table) -> AgentResults {
        if let results = drafts.read(row, { $0.results }) ?? nil { return results }
        let results = table.withJSON(Column.agentResults, row) { AgentResults(json: $0) }
        drafts[row, default: WorkflowDraft()].results = results ?? AgentResults()
        return results ?? AgentResults()
    }

    /// Adds a phase, if there is room for it.
    mutating func append(_ entry: PhaseHistory.Entry, to row: Int, _ table: Table) {
        guard !phases(of: row, table).isFull else { return }
        drafts.change(row) { draft in
            draft.phases?.append(entry)
            draft.hasNewPhase = true
        }
        markPhases(of: row)
    }

    mutating func take(_ entry: AgentResults.Entry, of row: Int, _ table: Table) {
        _ = results(of: row, table)
        drafts.change(row) { draft in
            draft.results?.record(entry)
            draft.hasNewResult = true
        }
        markCosts(of: row)
    }
}
