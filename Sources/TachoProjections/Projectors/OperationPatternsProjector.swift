package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds what workflows are about, and what people decided, into one row a pattern.
///
/// A pattern is detected from a workflow's input, errors, and template, by the words of semantics
/// §5.1 and §5.2, as soon as an event tells them. A workflow counts once for a pattern, however
/// often it is seen; what it takes afterwards goes on to change the averages, so that nobody has to
/// look again at its end.
///
/// Source: semantics §1.6, §5.3, §5.4, §5.10.
package struct OperationPatternsProjector: Projector {
    package static let version = 4
    /// Version 1, of the same columns, took counts of tokens that no message can have.
    ///
    /// Version 2 read no stamps without seconds and no bare days. Version 3 took what Claude Code says of
    /// a skill, and of a conversation that it has shortened, for words of a person.
    package static let continuedVersions = [1, 2, 3]
    package static let inputs: [TypePattern] =
        OperationSighting.inputs + [
            "pattern.reviewed", "pattern.implemented", "pattern.executed", "pattern.predicted",
            "pattern.validated",
        ]

    private static let names = MemberNames<Self.Column>(
        schema,
        aliases: [
            "pattern_id": .patternSignature, "pattern_name": .patternSignature,
            "status": .automationStatus, "script_path": .toolScriptPath,
        ])

    /// A copy, for finding workflows, of what the table's hidden cells say.
    private var ledger = OperationLedger()
    private var isLedgerRead = false

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        readLedger(table)
        if event.type.hasPrefix("pattern."), !event.type.equals("pattern.detected") {
            return try applyLife(event, &table)
        }
        guard let sighting = OperationSighting(event) else {
            if event.type.equals("pattern.detected") { throw .missing("pattern_signature") }
            return
        }
        let hash = sighting.workflow.map { name in
            name.bytes.withUnsafeBytes { ContentHash.hash($0) }
        }
        for signature in sighting.signatures {
            detect(signature, hash, sighting, event, &table)
        }
        if let hash { add(sighting.facts, hash, event, &table) }
        if event.type.equals("pattern.detected"), let signature = sighting.signatures.first,
            let row = table.row(forKey: ByteString(signature))
        {
            let members = RecordedMembers(event.data, named: Self.names)
            takeOver(members, row, &table)
            setTool(members, row, &table)
        }
    }

    /// A fold may begin at any event.
    private mutating func readLedger(_ table: Table) {
        guard !isLedgerRead else { return }
        isLedgerRead = true
        for row in 0..<table.rowCount {
            let cells: [Column] = [.olderWorkflows, .middleWorkflows, .recentWorkflows]
            ledger.read(cells.map { table.withText($0, row) { Array($0) } }, row: row)
        }
    }

    // MARK: Detection

    private func row(_ key: ByteString, _ event: Event, _ table: inout Table) -> Int {
        let (row, isNew) = table.rowToChange(key, at: event)
        if isNew {
            let type = key.bytes.prefix { $0 != UInt8(ascii: ":") }
            table.set(Column.patternType, of: row, text: Array(type))
            table.set(Column.automationStatus, of: row, text: "detected")
            table.set(Column.confidenceScore, of: row, real: 10)
            for column in [
                Column.occurrenceCount, .detectionCount, .predictionCount, .executionCount,
            ] {
                table.set(column, of: row, integer: 0)
            }
            table.set(Column.createdAt, of: row, timestamp: event.occurred)
        }
        table.set(Column.updatedAt, of: row, timestamp: event.occurred)
        return row
    }

    private mutating func detect(
        _ signature: String, _ hash: Int64?, _ sighting: OperationSighting, _ event: Event,
        _ table: inout Table
    ) {
        let row = row(ByteString(signature), event, &table)
        table.fill(Column.firstDetected, of: row, timestamp: event.occurred)
        table.add(1, to: Column.detectionCount, of: row)
        table.set(Column.lastDetected, of: row, timestamp: event.occurred)
        if let detection = sighting.detection, table.isUnknown(Column.typicalInputPattern, row) {
            table.set(Column.typicalInputPattern, of: row, json: detection.json)
            table.set(Column.typicalFilesAccessed, of: row, json: detection.filesJSON)
        }
        guard let hash, !ledger.isLinked(hash, to: row) else { return }
        ledger.link(hash, to: row)
        table.add(1, to: Column.occurrenceCount, of: row)
        table.set(Column.lastSeen, of: row, timestamp: event.occurred)
        let known = ledger.factsByWorkflow[hash] ?? WorkflowCost()
        record(known, hash, row, &table)
        count(known, 1, row, &table)
        refresh(row, &table)
    }

    private func record(
        _ facts: WorkflowCost, _ hash: Int64, _ row: Int, _ table: inout Table
    ) {
        table.add(
            OperationLedger.entry(hash, facts), to: row, recent: Column.recentWorkflows,
            middle: .middleWorkflows, older: .olderWorkflows)
    }

    private mutating func add(
        _ facts: WorkflowCost, _ hash: Int64, _ event: Event, _ table: inout Table
    ) {
        guard !facts.isEmpty, let rows = ledger.rowsByWorkflow[hash] else { return }
        let old = ledger.factsByWorkflow[hash] ?? WorkflowCost()
        var new = old
        new.add(facts)
        guard new != old else { return }
        ledger.set(new, of: hash)
        for row in rows {
            record(new, hash, row, &table)
            count(old, -1, row, &table)
            count(new, 1, row, &table)
            refresh(row, &table)
            table.set(Column.updatedAt, of: row, timestamp: event.occurred)
            table.touch(row, at: event)
        }
    }

    // MARK: Averages

    private func count(
        _ facts: WorkflowCost, _ sign: Int64, _ row: Int, _ table: inout Table
    ) {
        if let tokens = facts.tokens {
            table.add(sign * tokens, to: Column.tokenSum, of: row)
            table.add(sign, to: Column.tokenCount, of: row)
        }
        if let cost = facts.cost {
            table.add(money: sign * cost, to: Column.costSum, of: row)
            table.add(sign, to: Column.costCount, of: row)
        }
        // Zero is not a duration (semantics §5.4).
        if let milliseconds = facts.milliseconds, milliseconds != 0 {
            let seconds = Double(milliseconds) / 1000
            table.add(sign, to: Column.durationCount, of: row)
            add(Double(sign) * seconds, .durationSum, row, &table)
            add(Double(sign) * seconds * seconds, .durationSquareSum, row, &table)
        }
        if facts.hasFailed { table.add(sign, to: Column.failureSum, of: row) }
        table.add(sign * Int64(facts.retryCount), to: Column.retrySum, of: row)
    }

    private func add(_ amount: Double, _ column: Column, _ row: Int, _ table: inout Table) {
        table.set(column, of: row, real: (table.real(column, row) ?? 0) + amount)
    }

    private func refresh(_ row: Int, _ table: inout Table) {
        let count = table.integer(Column.occurrenceCount, row) ?? 0
        let tokenCount = table.integer(Column.tokenCount, row) ?? 0
        if tokenCount > 0 {
            let tokens = (table.integer(Column.tokenSum, row) ?? 0) / tokenCount
            table.set(Column.avgTokensWithLlm, of: row, integer: tokens)
            table.set(Column.avgTokensWithTool, of: row, integer: tokens / 20)
        }
        let costCount = table.integer(Column.costCount, row) ?? 0
        if costCount > 0 {
            let cost = (table.money(Column.costSum, row) ?? 0) / costCount
            table.set(Column.avgCostWithLlm, of: row, money: cost)
            table.set(Column.avgCostWithTool, of: row, money: cost / 20)
            let savings = Int128(cost - cost / 20) * Int128(count)
            table.set(Column.potentialMonthlySavings, of: row, money: Int64(clamping: savings))
        }
        let durations = Double(table.integer(Column.durationCount, row) ?? 0)
        var variance: Double?
        if durations > 0 {
            let mean = (table.real(Column.durationSum, row) ?? 0) / durations
            if durations > 1 {
                let squares = (table.real(Column.durationSquareSum, row) ?? 0) / durations
                variance = max(0, squares - mean * mean)
            }
            table.set(
                Column.avgDurationMinutes, of: row,
                integer: Int64(exactly: (mean / 60).rounded(.towardZero)))
        }
        guard count > 0 else { return }
        let evidence = PatternConfidence.Evidence(
            durationVariance: variance,
            meanErrors: Double(table.integer(Column.failureSum, row) ?? 0) / Double(count),
            meanRetries: Double(table.integer(Column.retrySum, row) ?? 0) / Double(count))
        table.set(
            Column.confidenceScore, of: row,
            real: PatternConfidence.score(count: Int(count), evidence))
    }

    // MARK: Life

    private func applyLife(_ event: Event, _ table: inout Table) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let row = row(try members.patternKey(.patternSignature), event, &table)
        if event.type.equals("pattern.executed") {
            return table.add(1, to: Column.executionCount, of: row)
        }
        if event.type.equals("pattern.predicted") || event.type.equals("pattern.validated") {
            return applyPrediction(event, row, &table)
        }
        setTool(members, row, &table)
        guard
            let status = PatternStatus(
                event, status: members[.automationStatus], action: event.data["action"])
        else { return }
        table.set(Column.automationStatus, of: row, text: Array(status.rawValue.utf8))
        guard status.approval != nil, status != .candidate, status != .inReview else { return }
        table.set(Column.reviewedBy, of: row, text: PatternAliases.reviewer(event))
        table.set(Column.reviewedAt, of: row, timestamp: event.occurred)
        table.renew(
            Column.reviewNotes, of: row, notes: PatternAliases.notes(event),
            isRejection: status == .rejected)
    }

    private func setTool(
        _ members: RecordedMembers<Column>, _ row: Int, _ table: inout Table
    ) {
        table.renew([.toolName, .toolScriptPath, .implementationCostUsd], of: row, from: members)
    }

    /// A miner tells what it counted; where workflows are linked, they are counted here.
    private func takeOver(
        _ members: RecordedMembers<Column>, _ row: Int, _ table: inout Table
    ) {
        table.renew([.patternType, .typicalInputPattern], of: row, from: members)
        table.renew(Column.typicalOperations, of: row, list: members[.typicalOperations])
        table.renew(Column.typicalFilesAccessed, of: row, list: members[.typicalFilesAccessed])
        guard table.isUnknown(Column.recentWorkflows, row) else { return }
        table.renew(
            [
                .occurrenceCount, .avgTokensWithLlm, .avgCostWithLlm, .avgTokensWithTool,
                .avgCostWithTool, .potentialMonthlySavings, .confidenceScore, .firstDetected,
                .lastSeen, .avgDurationMinutes,
            ], of: row, from: members)
    }

    private func applyPrediction(_ event: Event, _ row: Int, _ table: inout Table) {
        if event.type.equals("pattern.predicted") {
            if table.integer(Column.occurrenceCount, row) == 0,
                table.text(Column.automationStatus, row, equals: "detected")
            {
                table.set(Column.automationStatus, of: row, text: "predicted")
            }
            table.add(1, to: Column.predictionCount, of: row)
            table.set(Column.lastPredicted, of: row, timestamp: event.occurred)
            return
        }
        guard let isCorrect = event.data["was_correct"]?.boolean() else { return }
        table.add(1, to: Column.validatedCount, of: row)
        table.add(isCorrect ? 1 : 0, to: Column.correctCount, of: row)
        let correct = Double(table.integer(Column.correctCount, row) ?? 0)
        let validated = Double(table.integer(Column.validatedCount, row) ?? 0)
        table.set(Column.predictionAccuracy, of: row, real: correct / validated)
    }
}
