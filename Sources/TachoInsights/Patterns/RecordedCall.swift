package import TachoLog
package import TachoProjections

/// A row of the table `tool_calls`, as far as repetition goes by it.
package struct RecordedCall: Sendable {
    package let id: String
    package let session: String
    /// Of a subagent.
    package let agent: String?
    package let tool: String
    /// The input as JSON; `nil` if it is longer than the table keeps.
    package let input: [UInt8]?
    package let path: String?
    package let command: String?
    package let called: Timestamp?
    /// `nil` without a result.
    package let isSuccess: Bool?
    package let resultByteCount: Int64?
    /// Of the event that told the call first.
    package let position: Int64

    package init(
        id: String, session: String, agent: String? = nil, tool: String, input: [UInt8]? = nil,
        path: String? = nil, command: String? = nil, called: Timestamp? = nil,
        isSuccess: Bool? = true, resultByteCount: Int64? = nil, position: Int64
    ) {
        self.id = id
        self.session = session
        self.agent = agent
        self.tool = tool
        self.input = input
        self.path = path
        self.command = command
        self.called = called
        self.isSuccess = isSuccess
        self.resultByteCount = resultByteCount
        self.position = position
    }

    /// Reads a row; `nil` for a call of which session or tool is unknown.
    package init?(_ table: Table, _ row: Int) {
        typealias Column = ToolCallsProjector.Column
        guard let session = table.text(Column.sessionID, row),
            let tool = table.text(Column.toolName, row)
        else { return nil }
        let input = table.json(Column.toolParams, row)
        let marker = Array(#"{"truncated":true,"#.utf8)
        // What a person stopped is no failure of the agent's.
        let isStopped =
            table.text(Column.status, row, equals: "denied")
            || table.text(Column.status, row, equals: "interrupted")
        self.init(
            id: table.text(Column.toolCallID, row)?.description ?? "",
            session: session.description,
            agent: (table.text(Column.agentID, row) ?? table.text(Column.parentToolUseID, row))?
                .description,
            tool: tool.description, input: input?.starts(with: marker) == true ? nil : input,
            path: table.text(Column.filePath, row)?.description,
            command: table.text(Column.command, row)?.description,
            called: table.timestamp(Column.calledAt, row),
            isSuccess: isStopped ? nil : table.boolean(Column.success, row),
            resultByteCount: table.integer(Column.resultByteCount, row),
            position: table.integer(table.schema.createdPositionColumn, row) ?? 0)
    }

    static let editors: Set<String> = [
        "Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch", "write_file", "replace",
    ]
    static let readers: Set<String> = ["Read", "NotebookRead", "read_file", "view"]
    static let shells: Set<String> = ["Bash", "shell", "exec_command", "run_shell_command"]

    var isEdit: Bool { Self.editors.contains(tool) }
    var isRead: Bool { Self.readers.contains(tool) }
    var isShell: Bool { Self.shells.contains(tool) }
}
