import TachoLog
import TachoProjections

/// Calls of tools, counted by workflow or session.
struct ToolTally {
    struct Counts {
        var callCount = 0
        var failureCount = 0
    }

    private var countsByOwner: [ByteString: Counts] = [:]

    /// - Parameters:
    ///   - toolCalls: The table `tool_calls`.
    ///   - column: Whose value owns a call: `adw_id` or `session_id`.
    init(_ toolCalls: Table, by column: String) {
        guard let owners = toolCalls.schema.column(named: column) else { return }
        for row in 0..<toolCalls.rowCount {
            guard let owner = toolCalls.text(owners, row) else { continue }
            countsByOwner[owner, default: Counts()].callCount += 1
            if toolCalls.text(named: "status", row) == "failed" {
                countsByOwner[owner, default: Counts()].failureCount += 1
            }
        }
    }

    subscript(_ owner: ByteString) -> Counts { countsByOwner[owner] ?? Counts() }
}
