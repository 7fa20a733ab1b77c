package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds what was expected of requests, and whether it came, into one row a request and pattern.
///
/// What is predicted again for the same request goes on in its row; a check that comes before its
/// prediction, or without one, has a row, too.
///
/// Source: semantics §1.8, §5.5.
package struct PatternPredictionsProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = ["pattern.predicted", "pattern.validated"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case predictionID
        case requestID
        case patternID
        case confidenceScore
        case reasoning
        case predictedAt
        case wasCorrect
        case validatedAt
    }

    package static let schema = TableSchema(
        name: "pattern_predictions", key: "prediction_id",
        summary: "What requests were expected to be about, and whether it came, one row a request "
            + "and pattern.",
        columns: [
            ColumnDefinition(
                "prediction_id", .text, summary: "Pattern and request, with a bar between."),
            ColumnDefinition(
                "request_id", .text, isIndexed: true,
                summary: "The workflow (adw_id, without wf-), session, or other request."),
            ColumnDefinition("pattern_id", .text, isIndexed: true, summary: "The pattern."),
            ColumnDefinition("confidence_score", .real, summary: "0 to 1."),
            ColumnDefinition(
                "reasoning", .text, summary: "Why it was expected, as recorded."),
            ColumnDefinition("predicted_at", .timestamp, summary: "When it was last predicted."),
            ColumnDefinition(
                "was_correct", .boolean,
                summary: "Whether it came, by the last check; unknown before the first."),
            ColumnDefinition("validated_at", .timestamp, summary: "When that check was."),
        ])

    private static let names = MemberNames<Column>(
        schema,
        aliases: [
            "pattern_signature": .patternID, "pattern_name": .patternID,
            "workflow_id": .requestID, "adw_id": .requestID,
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let pattern = try members.patternKey(.patternID)
        guard let said = members[.requestID] else { throw .missing("request_id") }
        guard let name = said.patternName else { throw .unexpected("request_id") }
        let request = name.bytes.withUnsafeBytes { ByteString($0.dropping(prefix: "wf-")) }
        let isCheck = event.type.equals("pattern.validated")
        let verdict = event.data["was_correct"]?.boolean()
        if isCheck, verdict == nil { throw .missing("was_correct") }

        let key = ByteString(pattern.bytes + [UInt8(ascii: "|")] + request.bytes)
        let (row, isNew) = table.rowToChange(key, at: event)
        if isNew {
            table.set(Column.requestID, of: row, text: request)
            table.set(Column.patternID, of: row, text: pattern)
        }
        if isCheck {
            table.set(Column.wasCorrect, of: row, boolean: verdict)
            table.set(Column.validatedAt, of: row, timestamp: event.occurred)
        } else {
            table.renew([.confidenceScore, .reasoning], of: row, from: members)
            table.set(Column.predictedAt, of: row, timestamp: event.occurred)
        }
    }
}
