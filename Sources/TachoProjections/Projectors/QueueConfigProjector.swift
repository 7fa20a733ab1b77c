package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `queue.configured` into the settings of the queue of phases, one row a setting.
///
/// The body that pauses the queue (`paused`) is the setting `queue_paused`. Of a setting that
/// nobody made there is no row; the reference starts with `queue_paused` = `false`.
///
/// Source: semantics §1.10, §7.6.
package struct QueueConfigProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = ["queue.configured"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case configKey
        case configValue
        case updatedAt
    }

    package static let schema = TableSchema(
        name: "queue_config", key: "config_key",
        summary: "Settings of the queue of phases, one row a setting.",
        columns: [
            ColumnDefinition("config_key", .text, summary: "The setting, such as queue_paused."),
            ColumnDefinition(
                "config_value", .text, isInterned: false,
                summary: "Its value as text: what is no text, as it is written in JSON."),
            ColumnDefinition("updated_at", .timestamp, summary: "When it was made last."),
        ])

    private static let names = MemberNames<Column>(schema)

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        if members[.configKey] != nil {
            let key = try members.key(.configKey, Self.schema)
            guard let value = members[.configValue] else { throw .missing("config_value") }
            set(key, value.text() ?? Array(value.bytes), event, &table)
            return
        }
        guard let paused = event.data["paused"], !paused.isNull else { throw .missing("paused") }
        guard paused.kind == .boolean else { throw .unexpected("paused") }
        set("queue_paused", Array(paused.bytes), event, &table)
    }

    private func set(
        _ key: ByteString, _ value: [UInt8], _ event: Event, _ table: inout Table
    ) {
        let (row, _) = table.rowToChange(key, at: event)
        table.set(Column.configValue, of: row, text: value)
        table.set(Column.updatedAt, of: row, timestamp: event.occurred)
    }
}
