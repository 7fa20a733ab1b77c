import TachoJSON
import TachoLog
import TachoProjections

/// Rows of the table `tool_calls` as far as repetition goes by them: numbers in place of texts.
///
/// No row becomes an object. Texts are looked at where a rule asks for them, which is seldom.
struct CallColumns: Sendable {
    enum Kind: Sendable {
        case read, edit, shell, other
    }

    typealias Column = ToolCallsProjector.Column

    let table: Table
    private let sessions: TextNumbers
    private let agents: TextNumbers
    private let parents: TextNumbers
    private let tools: TextNumbers
    private let paths: TextNumbers
    private let statuses: TextNumbers
    /// By number of the tool.
    private let kinds: [Kind]
    /// What a person stopped is no failure of the agent's.
    private let stopped: [Int?]

    private static let editors: [ByteString] = [
        "Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch", "write_file", "replace",
    ]
    private static let readers: [ByteString] = ["Read", "NotebookRead", "read_file", "view"]
    private static let shells: [ByteString] = [
        "Bash", "shell", "exec_command", "run_shell_command",
    ]

    /// - Parameter table: `tool_calls`.
    init(_ table: Table) {
        self.table = table
        sessions = table.textNumbers(of: Column.sessionID)
        agents = table.textNumbers(of: Column.agentID)
        parents = table.textNumbers(of: Column.parentToolUseID)
        paths = table.textNumbers(of: Column.filePath)
        statuses = table.textNumbers(of: Column.status)
        let tools = table.textNumbers(of: Column.toolName)
        var kinds = [Kind](repeating: .other, count: tools.largest + 1)
        for (names, kind) in [
            (Self.editors, Kind.edit), (Self.readers, .read), (Self.shells, .shell),
        ] {
            for name in names { if let number = tools.number(of: name) { kinds[number] = kind } }
        }
        self.tools = tools
        self.kinds = kinds
        stopped = [statuses.number(of: "denied"), statuses.number(of: "interrupted")]
    }

    /// The rows of each session, ascending, in the order of the sessions' first rows.
    ///
    /// Rows of which session or tool is unknown are left out.
    func forEachSession(_ body: (ArraySlice<Int32>) -> Void) {
        var places = [Int](repeating: 0, count: sessions.largest + 1)
        var order: [Int] = []
        for row in 0..<table.rowCount where isKnown(row) {
            if places[sessions[row]] == 0 { order.append(sessions[row]) }
            places[sessions[row]] += 1
        }
        var start = 0
        let ranges = order.map { session in
            let end = start + places[session]
            defer { start = end }
            places[session] = start
            return start..<end
        }
        var rows = [Int32](repeating: 0, count: start)
        for row in 0..<table.rowCount where isKnown(row) {
            rows[places[sessions[row]]] = Int32(clamping: row)
            places[sessions[row]] += 1
        }
        for range in ranges { body(rows[range]) }
    }

    private func isKnown(_ row: Int) -> Bool { sessions[row] != 0 && tools[row] != 0 }

    func kind(_ row: Int) -> Kind { kinds[tools[row]] }

    /// 0 for the session's own agent.
    func agent(_ row: Int) -> UInt64 {
        let agent = agents[row]
        if agent != 0 { return UInt64(agent) }
        let parent = parents[row]
        return parent == 0 ? 0 : 1 << 32 | UInt64(parent)
    }

    /// 0 for a call without a path.
    func path(_ row: Int) -> Int { paths[row] }

    /// `nil` without a result, and for what a person stopped.
    func isSuccess(_ row: Int) -> Bool? {
        stopped.contains(statuses[row]) ? nil : table.boolean(Column.success, row)
    }

    func resultByteCount(_ row: Int) -> Int64? { table.integer(Column.resultByteCount, row) }

    func withPath<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        table.withText(Column.filePath, row, body)
    }

    func withCommand<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        table.withText(Column.command, row, body)
    }

    private static let marker = Array(#"{"truncated":true,"#.utf8)

    /// Lends the input as JSON; `nil` and no call if it is longer than the table keeps.
    func withInput<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        let result = table.withJSON(Column.toolParams, row) { input in
            input.starts(with: Self.marker) ? nil : body(input)
        }
        return result ?? nil
    }

    /// Whether two calls have the same input, and both have one.
    func haveEqualInputs(_ row: Int, _ other: Int) -> Bool {
        withInput(row) { input in withInput(other) { input.elementsEqual($0) } ?? false } ?? false
    }
}
