package import TachoLog
package import TachoProjections

/// A row of the table `model_usage`, and what other tables know of its session.
package struct ModelUsage: Sendable {
    package let row: Int
    package let provider: ByteString?
    package let model: ByteString?
    package let session: ByteString?
    package var workflow: ByteString?
    package let phase: ByteString?
    /// The run's agent directory; of a subagent its id.
    package let agent: ByteString?
    /// The session's working directory.
    package var project: ByteString?
    /// When it happened; `nil` is unknown.
    package let occurred: Timestamp?
    /// When the store took it in.
    package let recorded: Timestamp
    package let input: Int64?
    package let output: Int64?
    package let cacheWrite: Int64?
    package let cacheWrite5m: Int64?
    package let cacheWrite1h: Int64?
    package let cacheRead: Int64?
    package let webSearches: Int64?
    /// Whether there were more tokens: the output is a guess, or nobody tells the input.
    package let isLowerBound: Bool
    package let isCounted: Bool
    /// The sum over a run's requests, which hides how long each was.
    package let isResult: Bool
    package let isFast: Bool
    package let serviceTier: ByteString?
    package let reportedCost: Int64?
    package let firstPosition: Int64?
    package let lastPosition: Int64?

    private init(_ table: Table, _ row: Int, _ names: inout Names) {
        typealias Column = ModelUsageProjector.Column
        self.row = row
        provider = names.provider.text(row)
        model = names.model.text(row)
        session = names.session.text(row)
        workflow = names.workflow.text(row)
        phase = names.phase.text(row)
        agent = names.agentName.text(row) ?? names.agentID.text(row)
        occurred = table.timestamp(Column.occurredAt, row)
        recorded = table.timestamp(Column.recordedAt, row) ?? Timestamp(microseconds: 0)
        input = table.integer(Column.inputTokens, row)
        output = table.integer(Column.outputTokens, row)
        cacheWrite = table.integer(Column.cacheCreationTokens, row)
        cacheWrite5m = table.integer(Column.cacheCreation5mTokens, row)
        cacheWrite1h = table.integer(Column.cacheCreation1hTokens, row)
        cacheRead = table.integer(Column.cacheReadTokens, row)
        webSearches = table.integer(Column.webSearchRequests, row)
        isLowerBound = input == nil || table.boolean(Column.outputIsLowerBound, row) ?? true
        isCounted = table.boolean(Column.isCounted, row) ?? true
        isResult = table.text(Column.inputSource, row, equals: "result")
        isFast = table.text(Column.speed, row, equals: "fast")
        serviceTier = names.serviceTier.text(row)
        reportedCost = table.money(Column.reportedCost, row)
        firstPosition = table.integer(table.schema.createdPositionColumn, row)
        lastPosition = table.integer(table.schema.updatedPositionColumn, row)
    }

    /// Cells of texts, each different one made once: a table has few models and many rows.
    private struct Texts {
        private let table: Table
        private let column: ModelUsageProjector.Column
        private let numbers: TextNumbers
        private var made: [ByteString?]

        init(_ table: Table, _ column: ModelUsageProjector.Column) {
            self.table = table
            self.column = column
            numbers = table.textNumbers(of: column)
            made = Array(repeating: nil, count: numbers.largest + 1)
        }

        mutating func text(_ row: Int) -> ByteString? {
            let number = numbers[row]
            if number == 0 { return nil }
            if let text = made[number] { return text }
            made[number] = table.text(column, row)
            return made[number]
        }
    }

    /// The columns of texts.
    private struct Names {
        var provider: Texts
        var model: Texts
        var session: Texts
        var workflow: Texts
        var phase: Texts
        var agentName: Texts
        var agentID: Texts
        var serviceTier: Texts

        init(_ table: Table) {
            provider = Texts(table, .provider)
            model = Texts(table, .model)
            session = Texts(table, .sessionID)
            workflow = Texts(table, .workflowID)
            phase = Texts(table, .phase)
            agentName = Texts(table, .agentName)
            agentID = Texts(table, .agentID)
            serviceTier = Texts(table, .serviceTier)
        }
    }

    /// Counts as they are paid for: what is not said to stay for an hour stays five minutes.
    package func count(_ kind: TokenKind) -> Int64 {
        switch kind {
        case .input: input ?? 0
        case .output: output ?? 0
        case .cacheWrite5m: max(cacheWrite5m ?? 0, (cacheWrite ?? 0) - (cacheWrite1h ?? 0))
        case .cacheWrite1h: cacheWrite1h ?? 0
        case .cacheRead: cacheRead ?? 0
        case .webSearch: webSearches ?? 0
        }
    }

    /// The prompt with its cache.
    package var promptTokens: Int64 {
        [TokenKind.input, .cacheWrite5m, .cacheWrite1h, .cacheRead].reduce(0) { $0 + count($1) }
    }

    package var totalTokens: Int64 { promptTokens + count(.output) }

    /// What has to be opened of `model_usage` for reading its rows.
    package static let columns = [
        "provider", "model", "session_id", "workflow_id", "phase", "agent_name", "agent_id",
        "occurred_at", "recorded_at", "input_tokens", "output_tokens", "cache_creation_tokens",
        "cache_creation_5m_tokens", "cache_creation_1h_tokens", "cache_read_tokens",
        "web_search_requests", "output_is_lower_bound", "is_counted", "input_source", "speed",
        "service_tier", "reported_cost", "created_position", "updated_position",
    ]
    /// And of `sessions`.
    package static let sessionColumns = ["session_id", "adw_id", "cwd"]

    /// Reads all rows, one after the other.
    ///
    /// - Parameters:
    ///   - table: `model_usage`.
    ///   - sessions: `sessions`, at the same position.
    ///   - body: Gets each with the workflow and the directory its session is known to belong to;
    ///     not the rows in which an agent adds its session up by itself.
    package static func forEach(_ table: Table, sessions: Table, _ body: (ModelUsage) -> Void) {
        var names = Names(table)
        var sessions = sessions
        sessions.prepareForLookUps()
        for row in 0..<table.rowCount
        where !table.text(ModelUsageProjector.Column.inputSource, row, equals: "session") {
            var usage = ModelUsage(table, row, &names)
            if let session = usage.session.flatMap({ sessions.row(forKey: $0) }) {
                if usage.workflow == nil {
                    usage.workflow = sessions.text(SessionsProjector.Column.adwID, session)
                }
                usage.project = sessions.text(SessionsProjector.Column.cwd, session)
            }
            body(usage)
        }
    }

    /// All rows at once: see ``forEach(_:sessions:_:)``.
    package static func read(_ table: Table, sessions: Table) -> [ModelUsage] {
        var usages: [ModelUsage] = []
        usages.reserveCapacity(table.rowCount)
        forEach(table, sessions: sessions) { usages.append($0) }
        return usages
    }
}
