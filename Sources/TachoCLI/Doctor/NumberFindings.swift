import TachoInsights
import TachoLog
import TachoProjections

/// What makes the numbers of the tables less than the truth: events left out, models without a
/// price, sources that do not agree.
struct NumberFindings {
    private(set) var findings: [Diagnosis.Finding] = []

    private static let callColumns = ["session_id", "hook_count", "transcript_count"]

    /// What is looked at; of the other tables it is enough what they could not take in.
    private static let columns = [
        "model_usage": ModelUsage.columns,
        "sessions": ModelUsage.sessionColumns,
        "prices": PricesProjector.schema.columns.map(\.name),
        "tool_calls": callColumns,
    ]

    /// Reads the tables as of now.
    init(_ location: StoreLocation, _ messages: MessageOptions) throws {
        let tables = try OpenTables(
            allProjectors.map { WantedTable($0.name, columns: Self.columns[$0.name, default: []]) },
            in: location, messages)
        examine(tables.live.projections.projections)
        var report = CostReport(
            by: .model, prices: .tacho(PriceBook(try tables.table("prices"))))
        ModelUsage.forEach(
            try tables.table("model_usage"), sessions: try tables.table("sessions")
        ) { report.add($0) }
        examine(report)
        examine(calls: try tables.table("tool_calls"))
    }

    private mutating func add(
        _ check: String, _ needsAttention: Bool, _ message: String, _ nextStep: String
    ) {
        findings.append(
            Diagnosis.Finding(
                check: check, needsAttention: needsAttention, message: message,
                nextStep: nextStep))
    }

    private mutating func examine(_ projections: [Projection]) {
        let refusing = projections.filter { $0.quarantined.count > 0 }
        guard !refusing.isEmpty else { return }
        let tables = refusing.map { "\($0.type.name) \(Quantity.count($0.quarantined.count))" }
        add(
            "projections", true,
            "events whose data is not what their type promises are left out of tables: "
                + tables.joined(separator: ", "),
            "`tacho quarantine list` names each with the reason")
    }

    private mutating func examine(_ report: CostReport) {
        let unpriced = report.unpriced.filter { $0.tokens > 0 }
        if !unpriced.isEmpty {
            let models = unpriced.prefix(5).map {
                "\($0.model?.description ?? "no model") (\(Quantity.count($0.messageCount)))"
            }
            let more = unpriced.count > 5 ? ", and \(unpriced.count - 5) more" : ""
            add(
                "prices", true,
                "\(Quantity.count(unpriced.reduce(0) { $0 + $1.messageCount }, "message")) have no "
                    + "price, so costs lack them: " + models.joined(separator: ", ") + more,
                "`tacho prices import FILE` takes in LiteLLM's table; `tacho cost` says what is "
                    + "missing for each")
        }
        let total = report.total
        if total.lowerBoundCount > 0 {
            add(
                "lower-bounds", false,
                "\(Quantity.count(total.lowerBoundCount)) of "
                    + "\(Quantity.count(total.messageCount, "message")) know of their output only "
                    + "the guess at its start, or nothing of their input: tokens and costs are at "
                    + "least what is shown",
                "telemetry knows the final counts: `tacho setup claude --telemetry`")
        }
        let difference = abs(total.reportedCost - total.costOfReported)
        if total.reportedCost > 0, difference * 100 > total.reportedCost {
            add(
                "reported-cost", false,
                "agents reported \(dollars(total.reportedCost)) for "
                    + "\(Quantity.count(total.reportedCount)) of their results, by our prices these "
                    + "are \(dollars(total.costOfReported))",
                "`tacho cost --by model` shows both; `tacho explain cost ID` every term")
        }
    }

    private func dollars(_ amount: Int128) -> String {
        Quantity.dollars(picoDollars: Int64(clamping: amount))
    }

    /// Hooks and transcripts of one session have to know the same calls.
    private mutating func examine(calls: Table) {
        let columns = Self.callColumns.compactMap { calls.schema.column(named: $0) }
        guard columns.count == 3 else { return }
        struct Tally {
            var hookOnly = 0
            var transcriptOnly = 0
            var both = 0
        }
        var tallies: [ByteString: Tally] = [:]
        for row in 0..<calls.rowCount {
            guard let session = calls.text(columns[0], row) else { continue }
            let isHooked = (calls.integer(columns[1], row) ?? 0) > 0
            let isTranscribed = (calls.integer(columns[2], row) ?? 0) > 0
            guard isHooked || isTranscribed else { continue }
            if isHooked && isTranscribed {
                tallies[session, default: Tally()].both += 1
            } else if isHooked {
                tallies[session, default: Tally()].hookOnly += 1
            } else {
                tallies[session, default: Tally()].transcriptOnly += 1
            }
        }
        let seen = tallies.filter { $0.value.both > 0 || $0.value.hookOnly > 0 }
        let isKnownByBoth = seen.filter { $0.value.both + $0.value.transcriptOnly > 0 }
        let hookOnly = isKnownByBoth.values.reduce(0) { $0 + $1.hookOnly }
        let transcriptOnly = isKnownByBoth.values.reduce(0) { $0 + $1.transcriptOnly }
        if hookOnly + transcriptOnly > 0 {
            let worst = isKnownByBoth.max {
                ($0.value.hookOnly + $0.value.transcriptOnly, $1.key)
                    < ($1.value.hookOnly + $1.value.transcriptOnly, $0.key)
            }
            add(
                "calls", false,
                "in \(Quantity.count(isKnownByBoth.count, "session")) with hooks and a transcript, "
                    + "\(Quantity.count(transcriptOnly, "call")) of tools have no hook and "
                    + "\(Quantity.count(hookOnly)) are in no transcript",
                "`tacho table tool_calls --where session_id=\(worst?.key.description ?? "")` shows "
                    + "who saw which")
        }
        let unread = seen.count - isKnownByBoth.count
        if unread > 0 {
            add(
                "no-transcript", false,
                "\(Quantity.count(unread, "session")) whose calls only hooks tell of: "
                    + "their tokens are unknown",
                "`tacho import` of the agent's directory takes the transcripts in")
        }
    }
}
