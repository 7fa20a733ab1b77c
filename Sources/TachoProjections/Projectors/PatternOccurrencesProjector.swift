package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds the operations that workflows are made of into one row a pattern and workflow.
///
/// A workflow that shows a pattern again changes nothing: the pair is there (semantics §5.3).
///
/// Source: semantics §1.7, §5.2, §5.3.
package struct PatternOccurrencesProjector: Projector {
    package static let version = 4
    /// Version 1, of the same columns, took counts of tokens that no message can have.
    ///
    /// Version 2 read no stamps without seconds and no bare days. Version 3 took what Claude Code says of
    /// a skill, and of a conversation that it has shortened, for words of a person.
    package static let continuedVersions = [1, 2, 3]
    package static let inputs = OperationSighting.inputs

    package enum Column: Int, ColumnHandle, CaseIterable {
        case occurrenceID
        case patternID
        case workflowID
        case similarityScore
        case matchedCharacteristics
        case detectedAt
        case detectedFrom
        case totalTokens
        case costUsd
        case durationMs
        case errorCount
        case retryCount
        case statedMs
        case resultMs
    }

    package static let schema = TableSchema(
        name: "pattern_occurrences", key: "occurrence_id",
        summary: "Which workflow showed which pattern, one row a pair.",
        columns: [
            ColumnDefinition(
                "occurrence_id", .text, summary: "Pattern and workflow, with a bar between."),
            ColumnDefinition(
                "pattern_id", .text, isIndexed: true, summary: "The pattern's signature."),
            ColumnDefinition(
                "workflow_id", .text, isIndexed: true,
                summary: "The workflow (adw_id, without wf-)."),
            ColumnDefinition(
                "similarity_score", .real, summary: "0 to 100; 100, as in the reference."),
            ColumnDefinition(
                "matched_characteristics", .json,
                summary: "What characterised the workflow at that moment."),
            ColumnDefinition("detected_at", .timestamp, summary: "When it was first seen."),
            ColumnDefinition(
                "detected_from", .text, summary: "Type of the event that showed it first."),
            ColumnDefinition(
                "total_tokens", .integer, summary: "Tokens of the workflow's agent runs since."),
            ColumnDefinition("cost_usd", .money, summary: "Dollars that those runs cost."),
            ColumnDefinition(
                "duration_ms", .integer, summary: "As stated, else the sum of those runs."),
            ColumnDefinition(
                "error_count", .integer, summary: "1 if the workflow told an error, else 0."),
            ColumnDefinition("retry_count", .integer, summary: "The most retries it told."),
            ColumnDefinition("stated_ms", .integer, isHidden: true),
            ColumnDefinition("result_ms", .integer, isHidden: true),
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        guard let sighting = OperationSighting(event), let workflow = sighting.workflow
        else {
            return
        }
        for signature in sighting.signatures {
            var key = Array(signature.utf8)
            key.append(UInt8(ascii: "|"))
            key.append(contentsOf: workflow.bytes)
            let (row, isNew) = table.rowOrInsert(key: ByteString(key), at: event)
            guard isNew else { continue }
            table.set(Column.patternID, of: row, text: Array(signature.utf8))
            table.set(Column.workflowID, of: row, text: workflow)
            table.set(Column.similarityScore, of: row, real: 100)
            if let detection = sighting.detection {
                table.set(Column.matchedCharacteristics, of: row, json: detection.json)
            }
            table.set(Column.detectedAt, of: row, timestamp: event.occurred)
            table.set(Column.detectedFrom, of: row, text: event.type)
            table.set(Column.errorCount, of: row, integer: 0)
            table.set(Column.retryCount, of: row, integer: 0)
        }
        guard !sighting.facts.isEmpty else { return }
        for row in table.rows(where: Column.workflowID, equals: workflow) {
            let old = facts(row, table)
            var new = old
            new.add(sighting.facts)
            guard new != old else { continue }
            set(new, row, &table)
            table.touch(row, at: event)
        }
    }

    private func facts(_ row: Int, _ table: Table) -> WorkflowCost {
        WorkflowCost(
            tokens: table.integer(Column.totalTokens, row),
            cost: table.money(Column.costUsd, row),
            statedMilliseconds: table.integer(Column.statedMs, row),
            resultMilliseconds: table.integer(Column.resultMs, row),
            retryCount: UInt32(clamping: table.integer(Column.retryCount, row) ?? 0),
            hasFailed: table.integer(Column.errorCount, row) == 1)
    }

    private func set(_ facts: WorkflowCost, _ row: Int, _ table: inout Table) {
        table.set(Column.totalTokens, of: row, integer: facts.tokens)
        table.set(Column.costUsd, of: row, money: facts.cost)
        table.set(Column.statedMs, of: row, integer: facts.statedMilliseconds)
        table.set(Column.resultMs, of: row, integer: facts.resultMilliseconds)
        table.set(Column.durationMs, of: row, integer: facts.milliseconds)
        table.set(Column.retryCount, of: row, integer: Int64(facts.retryCount))
        table.set(Column.errorCount, of: row, integer: facts.hasFailed ? 1 : 0)
    }
}

extension PatternDetection {
    /// The characteristics as the reference writes them (semantics §5.2).
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("input_length")
        writer.value(inputLength)
        writer.key("keywords")
        writer.beginArray()
        for keyword in keywords { writer.value(keyword) }
        writer.endArray()
        writer.key("files_mentioned")
        writer.rawValue(filesJSON)
        writer.key("duration_range")
        writer.value(length.rawValue)
        writer.key("complexity")
        writer.value(complexity.rawValue)
        writer.key("error_count")
        writer.value(errorCount)
        writer.endObject()
        return writer.bytes
    }

    /// A list of at most 50: a row is no place for a listing.
    var filesJSON: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for file in files.prefix(50) { writer.value(file) }
        writer.endArray()
        return writer.bytes
    }
}
