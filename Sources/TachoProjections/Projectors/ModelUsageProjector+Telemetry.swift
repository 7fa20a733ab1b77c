import TachoEvents
import TachoJSON
import TachoLog

// Tokens as telemetry counts them: when a response is over, so these counts are the final ones.

extension ModelUsageProjector {
    mutating func takeTelemetry(_ event: Event, hasResult: Bool, _ table: inout Table) {
        let record = TelemetryRecord(event.data)
        if record.isSpan {
            takeSpan(record, event, hasResult: hasResult, &table)
        } else if !record.isLog {
            return
        } else if event.type.equals("otel.codex.sse_event") {
            guard let usage = record.codexUsage else { return }
            let provider = codexProvider(record, table)
            takeCall(usage, provider, record, event, hasResult: hasResult, &table)
        } else if event.type.equals("otel.gemini_cli.api_response") {
            guard let usage = record.geminiUsage else { return }
            takeCall(
                usage, Array("google".utf8), record, event, hasResult: hasResult, &table)
        } else if event.producer.equals("claude-code") {
            takeRequest(record, event, hasResult: hasResult, &table)
        }
    }

    /// Codex and Gemini name no request: the row is the one that the session's file tells of with the
    /// same counts, else a new one.
    private mutating func takeCall(
        _ usage: MessageUsage, _ provider: [UInt8], _ record: TelemetryRecord, _ event: Event,
        hasResult: Bool, _ table: inout Table
    ) {
        let known = rowByCounts(usage, record, event, table)
        let key = UsageKey.make([provider, Array("event:".utf8) + Array(event.id), []])
        let row = begin(
            known, key, provider, record, event, hasResult: hasResult, &table)
        table.fill(Column.model, of: row, text: record.text("model"))
        table.fill(Column.agentVersion, of: row, text: record.text("app.version"))
        set(usage, row, &table)
        table.fill(Column.durationMs, of: row, count: record.count("duration_ms"))
        if known == nil { noteTold(record) }
    }

    /// As the session's file names it; it may come later, and then says so.
    private func codexProvider(_ record: TelemetryRecord, _ table: Table) -> [UInt8] {
        let session = record.sessionID?.text() ?? []
        let key = UsageKey.make([Array("codex".utf8), Array("session".utf8), session])
        let known = table.row(forKey: key).flatMap { table.text(Column.provider, $0)?.bytes }
        return known ?? Array("openai".utf8)
    }

    /// Claude Code's `api_request`: the row of the request, whoever told of it first.
    private mutating func takeRequest(
        _ record: TelemetryRecord, _ event: Event, hasResult: Bool, _ table: inout Table
    ) {
        let provider = Self.provider(event)
        let request = record.text("request_id")?.text()
        let known = request.flatMap { request in
            table.rows(where: Column.requestID, equals: ByteString(request)).first {
                table.text(Column.provider, $0)?.bytes == provider
                    && !table.text(Column.inputSource, $0, equals: "result")
            }
        }
        // Some providers name no request.
        let found =
            request == nil ? rowByCounts(record.requestUsage, record, event, table) : known
        let own = record.text("client_request_id")?.text().map { Array("client:".utf8) + $0 }
        let key = UsageKey.make([
            provider, request == nil ? own ?? Array("event:".utf8) + Array(event.id) : [],
            request ?? [],
        ])
        let row = begin(
            found, key, provider, record, event, hasResult: hasResult, &table)
        if found == nil, request == nil { noteTold(record) }
        table.fill(Column.requestID, of: row, text: record.text("request_id"))
        table.fill(Column.model, of: row, text: record.text("model"))
        table.fill(
            Column.agentVersion, of: row,
            text: record.text("app.version") ?? record.resource?["service.version"])
        if record.text("query_source")?.equals("subagent") == true {
            table.set(Column.isSidechain, of: row, boolean: true)
        }
        set(record.requestUsage, row, &table)
        table.fill(Column.durationMs, of: row, count: record.count("duration_ms"))
        table.fill(Column.timeToFirstTokenMs, of: row, count: record.count("ttft_ms"))
        if let cost = record["cost_usd"].flatMap({ PicoDollars.parse($0) }), cost >= 0 {
            raiseCost(to: cost, row, &table)
        }
    }

    /// A span of one call of a model; one that sums others up (`invoke_agent`) is none.
    private mutating func takeSpan(
        _ record: TelemetryRecord, _ event: Event, hasResult: Bool, _ table: inout Table
    ) {
        guard let name = event.name(after: EventType.telemetryPrefix),
            record.spanKind(name) == .model, let usage = record.spanUsage
        else { return }
        let provider = record.spanProvider?.text() ?? Self.provider(event)
        let message = record.text("gen_ai.response.id")?.text()
        let known = message.flatMap { message in
            table.rows(where: Column.messageID, equals: ByteString(message)).first {
                table.text(Column.provider, $0)?.bytes == provider
            }
        }
        let key = UsageKey.make([
            provider, message ?? Array("event:".utf8) + Array(event.id), [],
        ])
        let row = begin(
            known, key, provider, record, event, hasResult: hasResult, &table)
        table.fill(Column.messageID, of: row, text: record.text("gen_ai.response.id"))
        if known == nil, isToldOnly(row, table) { noteTold(record) }
        table.fill(Column.model, of: row, text: record.spanModel)
        set(usage, row, &table)
        if let times = record.spanNanoseconds {
            table.fill(
                Column.durationMs, of: row, count: (times.end - times.start) / 1_000_000)
        }
    }

    // MARK: Rows

    private func begin(
        _ known: Int?, _ key: ByteString, _ provider: [UInt8], _ record: TelemetryRecord,
        _ event: Event, hasResult: Bool, _ table: inout Table
    ) -> Int {
        var row: Int
        var isNew = false
        if let known {
            row = known
            table.touch(row, at: event)
        } else {
            (row, isNew) = table.rowToChange(key, at: event)
        }
        table.add(1, to: Column.telemetryCount, of: row)
        table.fill(Column.occurredAt, of: row, timestamp: event.time)
        guard isNew else { return row }
        beginAny(row, event, &table)
        table.set(Column.provider, of: row, text: provider)
        table.set(Column.isSidechain, of: row, boolean: false)
        table.set(Column.inputSource, of: row, text: "telemetry")
        if hasResult { table.set(Column.isCounted, of: row, boolean: false) }
        guard let session = record.sessionID else { return row }
        table.set(Column.sessionID, of: row, text: session)
        table.fill(Column.workflowID, of: row, text: event.hookWorkflow(session: session))
        return row
    }

    private func set(_ usage: MessageUsage, _ row: Int, _ table: inout Table) {
        guard !table.text(Column.inputSource, row, equals: "result") else { return }
        setCounts(usage, isFinal: true, isTelemetry: true, row, &table)
        if usage.input != nil { table.set(Column.inputSource, of: row, text: "telemetry") }
        setSource(row, &table)
    }
}

extension Table {
    /// Leaves a cell that is known as it is.
    mutating func fill(_ column: some ColumnHandle, of row: Int, count: Int64?) {
        if let count, isUnknown(column, row) { set(column, of: row, integer: count) }
    }
}
