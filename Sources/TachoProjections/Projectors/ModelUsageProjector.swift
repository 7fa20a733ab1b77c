package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds transcripts and outputs of runs into one row of tokens a message of a model.
///
/// A message comes in several records, each with a copy of its usage, and again in sessions that
/// were resumed or forked: adding up records overstates two to three times. Here a message is one
/// row, of the session in which the log has it first; each count is the largest that its records
/// give, those with a stop reason before those without.
///
/// Of a run only the `result` says the truth (the messages before it have the output as it was
/// guessed at their start): it is a row for each model, and the session's messages, wherever they
/// were read, are no more counted.
///
/// Tokens only: what they cost is asked of ``TachoInsights``, by the prices known at the same
/// position. A price that is told later then changes no row here.
///
/// Source: ecosystem §3.3, §3.4 ("our rule"); `shared/data/SHAPES.md` part 1.
package struct ModelUsageProjector: Projector {
    package static let version = 5
    /// Version 4 had one row for all totals of a session of Copilot's, which ended it, and lacks only
    /// what says that a row does not.
    package static let continuedVersions = [4]
    package static let inputs: [TypePattern] =
        [
            "transcript.assistant", "transcript.progress", "output.assistant", "output.result",
            "otel.api_request", "otel.codex.sse_event", "otel.gemini_cli.api_response",
            "otel.span.*",
        ] + AgentFormats.inputs

    /// A copy, for finding them, of the sessions that have a row of source `result`.
    private var finishedSessions: Set<ByteString>?
    /// A copy, for finding them, of the sessions with rows that only telemetry tells of.
    var toldSessions: Set<ByteString>?

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        if event.isOfAgentSession {
            takeActivities(event, &table)
        } else if event.type.hasPrefix("otel.") {
            let session = TelemetryRecord(event.data).sessionID?.text()
            let hasResult = session.map { isFinished(ByteString($0), table) } ?? false
            takeTelemetry(event, hasResult: hasResult, &table)
        } else if event.type.equals("transcript.assistant") {
            takeTranscript(event, &table)
        } else if event.type.equals("transcript.progress") {
            takeProgress(event, &table)
        } else if event.type.equals("output.assistant") {
            takeOutput(event, &table)
        } else {
            takeResult(event, &table)
        }
    }

    // MARK: Records of messages

    private mutating func takeTranscript(_ event: Event, _ table: inout Table) {
        let reading = event.agentReading
        let record = reading.record
        guard var line = reading.message.flatMap({ UsageLine($0) }) else { return }
        line.requestID = record.requestID
        line.session = ByteString(event.stream)
        line.version = record.version
        line.isSidechain = record.isSidechain?.boolean() == true || record.agentID != nil
        line.agentID = record.agentID
        line.cost = record.costUSD
        take(line, event, &table)
    }

    /// A subagent's message as its parent's screen showed it.
    ///
    /// Two of three such messages are in no other file that was kept.
    private mutating func takeProgress(_ event: Event, _ table: inout Table) {
        guard let data = event.data["data"], let shown = data["message"],
            shown["type"]?.equals("assistant") == true,
            var line = shown["message"].flatMap({ UsageLine(AgentMessage($0)) })
        else { return }
        line.requestID = shown["requestId"]
        line.session = ByteString(event.stream)
        line.version = event.data["version"]
        line.isSidechain = true
        line.agentID = data["agentId"]
        take(line, event, &table)
    }

    private mutating func takeOutput(_ event: Event, _ table: inout Table) {
        let reading = event.agentReading
        let record = reading.record
        guard var line = reading.message.flatMap({ UsageLine($0) }) else { return }
        line.session = record.sessionID?.text().map { ByteString($0) }
        line.isSidechain = record.parentToolUseID != nil
        line.agentID = record.parentToolUseID
        take(line, event, &table)
    }

    mutating func take(_ line: UsageLine, _ event: Event, _ table: inout Table) {
        let (row, isNew) = row(of: line, event, &table)
        let isInherited = !isNew && !isOf(line.session, row, table)
        table.add(1, to: isInherited ? Column.inheritedCount : Column.lineCount, of: row)
        if isNew { begin(row, line, event, &table) }
        if let model = line.model, !model.isEmpty, table.isUnknown(Column.model, row) {
            table.set(Column.model, of: row, text: model)
        }
        if line.requestID?.isFilledText == true {
            table.fill(Column.requestID, of: row, text: line.requestID)
        }
        if let id = line.id, !id.isEmpty, table.isUnknown(Column.messageID, row) {
            table.set(Column.messageID, of: row, text: id)
        }
        table.fill(Column.occurredAt, of: row, timestamp: event.time)
        table.fill(Column.agentVersion, of: row, text: line.version)
        table.fill(Column.agentID, of: row, text: line.agentID)
        if line.isSidechain { table.set(Column.isSidechain, of: row, boolean: true) }
        setCounts(line.usage, isFinal: line.isFinal, row, &table)
        setSource(row, &table)
        if let cost = line.cost?.number.flatMap({ PicoDollars.parse($0) }), cost >= 0 {
            raiseCost(to: cost, row, &table)
        }
    }

    private func isOf(_ session: ByteString?, _ row: Int, _ table: Table) -> Bool {
        guard let session else { return table.isUnknown(Column.sessionID, row) }
        return table.text(Column.sessionID, row, equals: session.bytes)
    }

    private mutating func begin(
        _ row: Int, _ line: UsageLine, _ event: Event, _ table: inout Table
    ) {
        beginAny(row, event, &table)
        if let provider = line.provider { table.set(Column.provider, of: row, text: provider) }
        table.set(Column.isSidechain, of: row, boolean: line.isSidechain)
        table.set(Column.inputSource, of: row, text: "final")
        if let id = line.id { table.set(Column.messageID, of: row, text: id) }
        guard let session = line.session else { return }
        table.set(Column.sessionID, of: row, text: session)
        if isFinished(session, table) { table.set(Column.isCounted, of: row, boolean: false) }
    }

    /// The row of a message: known by its id, and by the request's where both records name one.
    private mutating func row(
        of line: UsageLine, _ event: Event, _ table: inout Table
    ) -> (row: Int, isNew: Bool) {
        let provider = line.provider ?? Self.provider(event)
        guard let id = line.id, !id.isEmpty else {
            // Without an id it is never taken for another.
            let key = UsageKey.make([provider, Array("event:".utf8) + Array(event.id), []])
            return table.rowToChange(key, at: event)
        }
        let request = line.requestID?.text().flatMap { $0.isEmpty ? nil : $0 }
        let known = table.rows(where: Column.messageID, equals: ByteString(id)).first { row in
            guard table.text(Column.provider, row, equals: provider) else { return false }
            guard let request, !table.isUnknown(Column.requestID, row) else { return true }
            return table.text(Column.requestID, row, equals: request)
        }
        let ofRequest = known ?? request.flatMap { told($0, provider, table) }
        if let known = ofRequest ?? toldByCounts(line, event, &table) {
            table.touch(known, at: event)
            return (known, false)
        }
        return table.rowToChange(UsageKey.make([provider, id, request ?? []]), at: event)
    }

    /// The row of a request that telemetry told of before any record of its message.
    private func told(_ request: [UInt8], _ provider: [UInt8], _ table: Table) -> Int? {
        table.rows(where: Column.requestID, equals: ByteString(request)).first { row in
            table.isUnknown(Column.messageID, row)
                && table.text(Column.inputSource, row, equals: "telemetry")
                && table.text(Column.provider, row, equals: provider)
        }
    }

    // MARK: Results

    private mutating func takeResult(_ event: Event, _ table: inout Table) {
        let record = event.agentReading.record
        let session = record.sessionID?.text().map { ByteString($0) }
        let wasFinished = session.map { isFinished($0, table) } ?? false
        let whole = record.usage.map { MessageUsage($0) }
        var isSplit = false
        record.modelUsage?.forEachMember { model, share in
            guard share.kind == .object, let name = model.text() else { return true }
            isSplit = true
            var usage = MessageUsage(share)
            if let whole {
                usage.adoptSplit(of: whole)
                usage.adoptTier(of: whole)
            }
            takeShare(name, usage, cost: usage.costUSD, session, event, &table)
            return true
        }
        if !isSplit, let whole, record.usage?.kind == .object {
            let said = record.model?.text().flatMap { $0.isEmpty ? nil : $0 }
            let model = said ?? Self.model(of: session, table)
            takeShare(model, whole, cost: record.totalCostUSD, session, event, &table)
        } else if !isSplit {
            return
        }
        if let session, !wasFinished { finish(session, event, &table) }
    }

    /// One model's part of a result; a later result of the session has what came before in it, but
    /// for one of a single run of the session.
    mutating func takeShare(
        _ model: [UInt8]?, _ usage: MessageUsage, cost: JSONView?, _ session: ByteString?,
        ofRun run: [UInt8]? = nil, _ event: Event, _ table: inout Table
    ) {
        let key = UsageKey.make(
            [
                Self.provider(event), Array("result".utf8), Array(event.stream),
                Array(event.source),
                session?.bytes ?? Array("event:".utf8) + Array(event.id), model ?? [],
            ] + (run.map { [$0] } ?? []))
        let (row, isNew) = table.rowToChange(key, at: event)
        table.add(1, to: Column.lineCount, of: row)
        if isNew {
            beginAny(row, event, &table)
            if let session { table.set(Column.sessionID, of: row, text: session) }
            if let model, !model.isEmpty { table.set(Column.model, of: row, text: model) }
            table.set(Column.isSidechain, of: row, boolean: false)
            table.set(Column.inputSource, of: row, text: "result")
            if run != nil { table.set(Column.isOfRun, of: row, boolean: true) }
        }
        table.fill(Column.occurredAt, of: row, timestamp: event.time)
        setCounts(usage, isFinal: true, row, &table)
        setSource(row, &table)
        if let cost = cost?.number.flatMap({ PicoDollars.parse($0) }), cost >= 0 {
            raiseCost(to: cost, row, &table)
        }
    }

    /// The model of the session's first message that names one.
    private static func model(of session: ByteString?, _ table: Table) -> [UInt8]? {
        guard let session else { return nil }
        for row in table.rows(where: Column.sessionID, equals: session) {
            if !table.text(Column.inputSource, row, equals: "result"),
                let model = table.text(Column.model, row)
            {
                return model.bytes
            }
        }
        return nil
    }

    /// From the first result on, the session's messages are part of it.
    mutating func finish(
        _ session: ByteString, _ event: Event, _ table: inout Table
    ) {
        finishedSessions?.insert(session)
        coverMessages(of: session, event, &table)
    }

    /// What a result has is not counted again.
    func coverMessages(of session: ByteString, _ event: Event, _ table: inout Table) {
        for row in table.rows(where: Column.sessionID, equals: session)
        where !table.text(Column.inputSource, row, equals: "result") {
            table.set(Column.isCounted, of: row, boolean: false)
            table.touch(row, at: event)
        }
    }

    mutating func isFinished(_ session: ByteString, _ table: Table) -> Bool {
        if let finishedSessions { return finishedSessions.contains(session) }
        var finished: Set<ByteString> = []
        for row in 0..<table.rowCount
        where table.text(Column.inputSource, row, equals: "result")
            && table.boolean(Column.isOfRun, row) != true
        {
            if let session = table.text(Column.sessionID, row) { finished.insert(session) }
        }
        finishedSessions = finished
        return finished.contains(session)
    }
}
