package import TachoLog
package import TachoProjections

/// A row of the table `model_usage`, and what other tables know of its session.
package struct ModelUsage: Sendable {
    package let row: Int
    package let id: ByteString
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
    package let isLowerBound: Bool
    package let isCounted: Bool
    /// The sum over a run's requests, which hides how long each was.
    package let isResult: Bool
    package let isFast: Bool
    package let serviceTier: ByteString?
    package let reportedCost: Int64?
    package let firstPosition: Int64?
    package let lastPosition: Int64?

    /// Reads a row of the table `model_usage`.
    package init(_ table: Table, _ row: Int) {
        typealias Column = ModelUsageProjector.Column
        self.row = row
        id = table.text(Column.usageID, row) ?? ""
        provider = table.text(Column.provider, row)
        model = table.text(Column.model, row)
        session = table.text(Column.sessionID, row)
        workflow = table.text(Column.workflowID, row)
        phase = table.text(Column.phase, row)
        agent = table.text(Column.agentName, row) ?? table.text(Column.agentID, row)
        occurred = table.timestamp(Column.occurredAt, row)
        recorded = table.timestamp(Column.recordedAt, row) ?? Timestamp(microseconds: 0)
        input = table.integer(Column.inputTokens, row)
        output = table.integer(Column.outputTokens, row)
        cacheWrite = table.integer(Column.cacheCreationTokens, row)
        cacheWrite5m = table.integer(Column.cacheCreation5mTokens, row)
        cacheWrite1h = table.integer(Column.cacheCreation1hTokens, row)
        cacheRead = table.integer(Column.cacheReadTokens, row)
        webSearches = table.integer(Column.webSearchRequests, row)
        isLowerBound = table.boolean(Column.outputIsLowerBound, row) ?? true
        isCounted = table.boolean(Column.isCounted, row) ?? true
        isResult = table.text(Column.inputSource, row, equals: "result")
        isFast = table.text(Column.speed, row, equals: "fast")
        serviceTier = table.text(Column.serviceTier, row)
        reportedCost = table.money(Column.reportedCost, row)
        firstPosition = table.integer(table.schema.createdPositionColumn, row)
        lastPosition = table.integer(table.schema.updatedPositionColumn, row)
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

    /// Reads all rows.
    ///
    /// - Parameters:
    ///   - table: `model_usage`.
    ///   - sessions: `sessions`, at the same position.
    /// - Returns: Each with the workflow and the directory its session is known to belong to;
    ///   without the rows in which an agent adds its session up by itself.
    package static func read(_ table: Table, sessions: Table) -> [ModelUsage] {
        var sessions = sessions
        sessions.prepareForLookUps()
        return (0..<table.rowCount).compactMap { row in
            guard !table.text(ModelUsageProjector.Column.inputSource, row, equals: "session")
            else { return nil }
            var usage = ModelUsage(table, row)
            if let session = usage.session.flatMap({ sessions.row(forKey: $0) }) {
                if usage.workflow == nil {
                    usage.workflow = sessions.text(SessionsProjector.Column.adwID, session)
                }
                usage.project = sessions.text(SessionsProjector.Column.cwd, session)
            }
            return usage
        }
    }
}
