import TachoEvents
import TachoJSON
import TachoLog

// What is put off to the end of a batch. A workflow is touched a hundred times in one: its phases
// and results are read, and the columns that follow from them written, once.

/// What waits for one row.
struct WorkflowDraft {
    /// Whether the cells that these were read from have to be written.
    var hasNewPhase = false
    var hasNewResult = false
    /// Whether what the columns follow from has changed since they were written.
    var phasesAreStale = false
    var costsAreStale = false
    /// Whether its scores are to be computed at the end of the batch.
    var isTouched = false

    var isWaiting: Bool {
        hasNewPhase || hasNewResult || phasesAreStale || costsAreStale || isTouched
    }
}

/// What a row's hidden cells of the same names say.
///
/// Kept from batch to batch: a workflow is told of in several, and reading its cells takes longer
/// than what an event adds to them.
struct WorkflowRecords {
    var phases: PhaseHistory
    var results: AgentResults
}

extension WorkflowHistoryProjector {
    private static let recordLimit = 512

    package mutating func settle(_ table: inout Table) {
        guard !drafts.isEmpty else { return }
        for row in drafts.rows where drafts.read(row, { $0.isWaiting }) == true {
            _ = settle(row, &table)
        }
        drafts.removeAll()
        if recordCount > Self.recordLimit {
            records.removeAll()
            recordCount = 0
        }
    }

    /// Writes what waits for a row.
    ///
    /// - Returns: What its scores rest on.
    mutating func settle(_ row: Int, _ table: inout Table) -> WorkflowFacts {
        let draft = drafts.read(row) { copy $0 } ?? WorkflowDraft()
        drafts.change(row) { $0 = WorkflowDraft() }
        peerMemory[row] = nil
        if draft.hasNewPhase {
            table.set(Column.phaseHistory, of: row, json: phases(of: row, table).json)
        }
        if draft.hasNewResult {
            table.set(Column.agentResults, of: row, json: results(of: row, table).json)
        }
        if draft.phasesAreStale { refreshPhases(phases(of: row, table), row, &table) }
        // Steps that phases stand for share the costs.
        if draft.phasesAreStale || draft.costsAreStale {
            refreshCosts(results(of: row, table), row, &table)
        }
        return refreshScores(row, &table)
    }

    mutating func markPhases(of row: Int) {
        drafts[row, default: WorkflowDraft()].phasesAreStale = true
    }

    mutating func markCosts(of row: Int) {
        drafts[row, default: WorkflowDraft()].costsAreStale = true
    }

    // MARK: Phases and results

    private mutating func readRecords(of row: Int, _ table: Table) {
        guard !records.contains(row) else { return }
        let phases = table.withJSON(Column.phaseHistory, row) { PhaseHistory(json: $0) }
        let results = table.withJSON(Column.agentResults, row) { AgentResults(json: $0) }
        let read = WorkflowRecords(
            phases: phases ?? PhaseHistory(), results: results ?? AgentResults())
        records[row, default: read] = read
        recordCount += 1
    }

    private mutating func phases(of row: Int, _ table: Table) -> PhaseHistory {
        readRecords(of: row, table)
        return records.read(row) { $0.phases } ?? PhaseHistory()
    }

    mutating func results(of row: Int, _ table: Table) -> AgentResults {
        readRecords(of: row, table)
        return records.read(row) { $0.results } ?? AgentResults()
    }

    /// Adds a phase, if there is room for it.
    mutating func append(_ entry: PhaseHistory.Entry, to row: Int, _ table: Table) {
        readRecords(of: row, table)
        let isAdded = records.change(row) { records in
            guard !records.phases.isFull else { return false }
            records.phases.append(entry)
            return true
        }
        guard isAdded == true else { return }
        drafts[row, default: WorkflowDraft()].hasNewPhase = true
        markPhases(of: row)
    }

    mutating func take(_ entry: AgentResults.Entry, of row: Int, _ table: Table) {
        readRecords(of: row, table)
        records.change(row) { $0.results.record(entry) }
        drafts[row, default: WorkflowDraft()].hasNewResult = true
        markCosts(of: row)
    }
}
