import TachoLog
import TachoProjections

/// Calls of tools, counted by workflow or session.
struct ToolTally {
    struct Counts {
        var callCount = 0
        var failureCount = 0
    }

    /// What of `tool_calls` has to be open.
    static let columns = ["adw_id", "session_id", "status"]

    private let owners: TextNumbers
    private var counts: [Counts]

    /// - Parameters:
    ///   - toolCalls: The table `tool_calls`.
    ///   - column: Whose value owns a call.
    init(_ toolCalls: Table, by column: ToolCallsProjector.Column) {
        owners = toolCalls.textNumbers(of: column)
        counts = [Counts](repeating: Counts(), count: owners.largest + 1)
        let statuses = toolCalls.textNumbers(of: ToolCallsProjector.Column.status)
        let failed = statuses.number(of: "failed")
        for row in 0..<toolCalls.rowCount {
            counts[owners[row]].callCount += 1
            if statuses[row] == failed { counts[owners[row]].failureCount += 1 }
        }
    }

    subscript(_ owner: ByteString) -> Counts {
        owners.number(of: owner).map { counts[$0] } ?? Counts()
    }
}
