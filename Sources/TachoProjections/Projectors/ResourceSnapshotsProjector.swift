package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `resource.sampled` events into what running phases used of the machine, one row a sample.
///
/// A measure that is missing, negative, or of another kind is unknown. A sample without any is
/// still a row: it says that somebody looked and could not tell.
///
/// Source: semantics §1.14; the seed's "Resource Utilization Monitoring".
package struct ResourceSnapshotsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = ["resource.sampled"]

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        guard isNew else { return }
        let data = event.data
        table.fill(
            Column.adwID, of: row, workflow: data["adw_id"] ?? data["workflow_id"], event,
            session: data["session_id"])
        table.fill(Column.phase, of: row, text: data["phase"] ?? data["phase_name"])
        table.set(
            Column.sampledAt, of: row,
            timestamp: data["sampled_at"]?.moment ?? event.occurred)
        if let percent = data["cpu_percent"]?.double(), percent >= 0 {
            table.set(Column.cpuPercent, of: row, real: percent)
        }
        for (column, name) in Self.counts {
            if let count = data[name]?.wholeNumber, count >= 0 {
                table.set(column, of: row, integer: count)
            }
        }
    }

    private static let counts: [(Column, StaticString)] = [
        (.rssBytes, "rss_bytes"), (.diskFreeBytes, "disk_free_bytes"),
        (.netRxBytes, "net_rx_bytes"), (.netTxBytes, "net_tx_bytes"),
        (.readBytes, "read_bytes"), (.writeBytes, "write_bytes"),
        (.processCount, "process_count"),
    ]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case eventID
        case adwID
        case phase
        case sampledAt
        case cpuPercent
        case rssBytes
        case diskFreeBytes
        case netRxBytes
        case netTxBytes
        case readBytes
        case writeBytes
        case processCount
    }

    package static let schema = TableSchema(
        name: "resource_snapshots", key: "event_id",
        summary: "What phases used of the machine while they ran, one row a sample.",
        columns: [
            ColumnDefinition("event_id", .text, summary: "The event's id in the log."),
            ColumnDefinition("adw_id", .text, isIndexed: true, summary: "The workflow."),
            ColumnDefinition("phase", .text, isIndexed: true, summary: "The phase, as reported."),
            ColumnDefinition(
                "sampled_at", .timestamp,
                summary: "When it was measured; by the store's clock if nothing says so."),
            ColumnDefinition(
                "cpu_percent", .real,
                summary: "Processor time since the sample before, in percent of one processor."),
            ColumnDefinition(
                "rss_bytes", .integer,
                summary: "Resident memory of all its processes, in bytes; shared pages count in "
                    + "each."),
            ColumnDefinition(
                "disk_free_bytes", .integer,
                summary: "Bytes free for the user on the working directory's file system."),
            ColumnDefinition(
                "net_rx_bytes", .integer,
                summary: "Bytes the machine received, loopback aside, since the phase began."),
            ColumnDefinition(
                "net_tx_bytes", .integer,
                summary: "Bytes the machine sent, loopback aside, since the phase began."),
            ColumnDefinition(
                "read_bytes", .integer,
                summary: "Bytes its processes have read from storage since they began."),
            ColumnDefinition(
                "write_bytes", .integer,
                summary: "Bytes its processes have written to storage since they began."),
            ColumnDefinition(
                "process_count", .integer, summary: "Processes of the phase at that moment."),
        ])
}
