import TachoJSON
import TachoLog
package import TachoProjections

/// All that repeats, in one list: operations of workflows, sequences of tools, work for nothing.
package struct PatternBoard: Sendable {
    package struct Entry: Sendable {
        /// The signature of an operation, else 16 hexadecimal digits made of kind and text.
        package let id: String
        /// `operation`, `sequence`, or the kind of a redundancy.
        package let kind: String
        /// Signature, sequence, file, or command.
        package let text: String
        /// What it is, in words.
        package let finding: String
        package let count: Int
        /// Sessions or workflows that show it.
        package let subjectCount: Int
        /// Pico-dollars that it cost, or that a tool would save; `nil` is unknown.
        package let savings: Int64?
        /// From 0 to 1; `nil` for what is counted, not guessed.
        package let confidence: Double?
        package let status: String
        package let advice: String
        /// Rows that show it: the table, and keys for `tacho why`.
        package let evidence: (table: String, keys: [String])
        /// Of the events behind it, ascending, the first few.
        package let positions: [Int64]
        /// Names of the tools of a sequence.
        package var tools: [String] = []
    }

    /// Tables that the board is made of, each with the columns it looks at; `nil` is all.
    package static let tables: [(name: String, columns: [String]?)] = [
        ("operation_patterns", nil), ("prices", nil),
        ("pattern_occurrences", ["occurrence_id", "pattern_id", "created_position"]),
        (
            "tool_sequences",
            [
                "sequence_id", "session_id", "tool_sequence", "continues", "agent_key",
                "created_position",
            ]
        ),
        (
            "tool_calls",
            [
                "tool_call_id", "session_id", "agent_id", "parent_tool_use_id", "tool_name",
                "tool_params", "command", "file_path", "called_at", "status", "success",
                "result_byte_count", "created_position",
            ]
        ),
        ("model_usage", SessionCosts.columns),
    ]

    package private(set) var entries: [Entry] = []
    /// Calls in which sequences were looked for.
    package let callCount: Int
    /// How often a sequence had to come.
    package let minimumCount: Int

    /// Builds the list: what would save a cent or more, the most first; then what has no price, by how
    /// much work shows it; then the rest.
    ///
    /// - Parameters:
    ///   - minimumCount: How often a sequence has to come; `nil` is what its history's size asks for.
    ///   - gap: Other calls allowed between two of a sequence.
    ///   - table: Gives a table by its name, all of ``tables``.
    /// - Throws: What `table` throws.
    package init<E: Error>(
        minimumCount: Int?, gap: Int, table: (String) throws(E) -> Table
    ) throws(E) {
        let statuses = Self.statuses(try table("operation_patterns"))
        let costs = SessionCosts(try table("model_usage"), PriceBook(try table("prices")))
        entries += Self.operations(
            try table("operation_patterns"), try table("pattern_occurrences"))
        let sequences = SequenceTable(try table("tool_sequences"))
        callCount = sequences.callCount
        var options = SequenceMining.Options()
        options.minimumCount =
            minimumCount ?? SequenceMining.Options.minimumCount(ofCalls: sequences.callCount)
        options.gap = gap
        self.minimumCount = options.minimumCount
        entries += Self.sequences(
            sequences, try table("tool_sequences"), options, costs.meanRequest, statuses)
        entries += Self.redundancies(try table("tool_calls"), RedundancyPrice(costs), statuses)
        entries += Self.decided(
            try table("operation_patterns"), known: Set(entries.map(\.id)))
        entries = entries.stablySorted(by: Self.precedes)
    }

    /// What is worth a person's minute.
    package static let cent = PicoDollars.perDollar / 100

    private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
        func rank(_ entry: Entry) -> Int {
            entry.savings.map { $0 >= cent ? 0 : 2 } ?? 1
        }
        let (one, other) = (rank(left), rank(right))
        if one != other { return one < other }
        if one == 1 {
            return (left.subjectCount, left.count) > (right.subjectCount, right.count)
        }
        return (left.savings ?? 0) > (right.savings ?? 0)
    }

    private static func statuses(_ table: Table) -> [String: String] {
        typealias Column = OperationPatternsProjector.Column
        var statuses: [String: String] = [:]
        for row in 0..<table.rowCount {
            let key = table.text(Column.patternSignature, row)?.description ?? ""
            statuses[key] = table.text(Column.automationStatus, row)?.description
        }
        return statuses
    }

    package static func id(_ kind: String, _ text: String) -> String {
        WebhookID.shortHash(kind == "sequence" ? text : "\(kind):\(text)")
    }

    // MARK: Kinds

    private static func operations(_ table: Table, _ occurrences: Table) -> [Entry] {
        typealias Column = OperationPatternsProjector.Column
        typealias Occurrence = PatternOccurrencesProjector.Column
        let patterns = occurrences.textNumbers(of: Occurrence.patternID)
        var rowsByPattern = [[Int]](repeating: [], count: patterns.largest + 1)
        for row in 0..<occurrences.rowCount where rowsByPattern[patterns[row]].count < 10 {
            rowsByPattern[patterns[row]].append(row)
        }
        return (0..<table.rowCount).compactMap { row in
            guard let signature = table.text(Column.patternSignature, row),
                PatternSignature.isValid(signature.description), !isOnlyPredicted(table, row)
            else { return nil }
            let rows = patterns.number(of: signature).map { rowsByPattern[$0] } ?? []
            let count = Int(table.integer(Column.occurrenceCount, row) ?? 0)
            return Entry(
                id: signature.description, kind: "operation", text: signature.description,
                finding: FindingWords.operation(signature.description),
                count: Int(table.integer(Column.detectionCount, row) ?? 0), subjectCount: count,
                savings: table.money(Column.potentialMonthlySavings, row),
                confidence: table.real(Column.confidenceScore, row).map { $0 / 100 },
                status: table.text(Column.automationStatus, row)?.description ?? "detected",
                advice: "a script, a command, or a hook in place of a prompt",
                evidence: (
                    "pattern_occurrences",
                    rows.compactMap {
                        occurrences.text(Occurrence.occurrenceID, $0)?.description
                    }
                ),
                positions: rows.compactMap {
                    occurrences.integer(occurrences.schema.createdPositionColumn, $0)
                })
        }
    }

    /// What was expected and never came does not repeat.
    private static func isOnlyPredicted(_ table: Table, _ row: Int) -> Bool {
        table.text(OperationPatternsProjector.Column.automationStatus, row, equals: "predicted")
            && table.integer(OperationPatternsProjector.Column.occurrenceCount, row) ?? 0 == 0
    }

    /// What was decided about stays, also when it no longer repeats.
    private static func decided(_ table: Table, known: Set<String>) -> [Entry] {
        typealias Column = OperationPatternsProjector.Column
        return (0..<table.rowCount).compactMap { row in
            guard let id = table.text(Column.patternSignature, row)?.description,
                !known.contains(id), !isOnlyPredicted(table, row)
            else { return nil }
            let text = table.withJSON(Column.typicalInputPattern, row) {
                JSONView(validated: $0).string()
            }
            return Entry(
                id: id, kind: table.text(Column.patternType, row)?.description ?? "recorded",
                text: (text ?? nil) ?? id, finding: (text ?? nil) ?? id,
                count: Int(table.integer(Column.occurrenceCount, row) ?? 0), subjectCount: 0,
                savings: table.money(Column.potentialMonthlySavings, row),
                confidence: table.real(Column.confidenceScore, row).map { $0 / 100 },
                status: table.text(Column.automationStatus, row)?.description ?? "detected",
                advice: "recorded; not seen in the calls of today",
                evidence: ("operation_patterns", [id]),
                positions: [table.integer(table.schema.createdPositionColumn, row)].compactMap(
                    \.self)
            )
        }
    }

    private static func sequences(
        _ read: SequenceTable, _ table: Table, _ options: SequenceMining.Options,
        _ request: Int64?, _ statuses: [String: String]
    ) -> [Entry] {
        let mining = SequenceMining(read, options: options)
        return mining.candidates.map { run in
            let text = read.signature(run)
            let rows = run.sequences.prefix(10).map { read.rows[$0] }
            let id = id("sequence", text)
            let sessions = Set(
                run.sequences.map {
                    table.text(ToolSequencesProjector.Column.sessionID, read.rows[$0]) ?? ""
                })
            return Entry(
                id: id, kind: "sequence", text: text, finding: text, count: run.count,
                subjectCount: sessions.count,
                // One call in place of many: the requests between them are saved.
                savings: request.map {
                    Int64(clamping: Int128($0) * Int128(run.ownCount) * Int128(run.tools.count - 1))
                },
                confidence: run.lift.isFinite ? 1 - 1 / max(1, run.lift) : 1,
                status: statuses[id] ?? "candidate",
                advice: "one tool that does all \(run.tools.count) steps",
                evidence: (
                    "tool_sequences",
                    rows.compactMap {
                        table.text(ToolSequencesProjector.Column.sequenceID, $0)?.description
                    }
                ),
                positions: rows.compactMap {
                    table.integer(table.schema.createdPositionColumn, $0)
                },
                tools: run.tools.map(read.name))
        }
    }

    private static func redundancies(
        _ table: Table, _ price: RedundancyPrice, _ statuses: [String: String]
    ) -> [Entry] {
        typealias Column = ToolCallsProjector.Column
        var findings = Redundancy(table).findings
        for index in findings.indices { findings[index].price = price.price(of: findings[index]) }
        let groups = OrderedGroups.grouping(findings) { Subject(kind: $0.kind, text: $0.subject) }
        return groups.groups.map { subject, alike in
            let text = subject.text.description
            let id = id(subject.kind.rawValue, text)
            let prices = alike.compactMap(\.price)
            let rows = alike.lazy.flatMap(\.rows).prefix(10)
            let count = alike.reduce(0) { $0 + $1.count }
            return Entry(
                id: id, kind: subject.kind.rawValue, text: text,
                finding: FindingWords.redundancy(
                    subject.kind, text, count: count,
                    byteCount: alike.reduce(0) { $0 + $1.tokens } * 4,
                    requestCount: alike.reduce(0) { $0 + $1.requests }),
                count: count, subjectCount: alike.count,
                savings: prices.isEmpty
                    ? nil : Int64(clamping: prices.reduce(Int128(0)) { $0 + Int128($1) }),
                confidence: nil, status: statuses[id] ?? "detected", advice: subject.kind.advice,
                evidence: (
                    "tool_calls",
                    rows.compactMap { table.text(Column.toolCallID, $0)?.description }
                ),
                positions: rows.compactMap {
                    table.integer(table.schema.createdPositionColumn, $0)
                })
        }
    }

    /// What several sessions may have done for nothing.
    private struct Subject: Hashable {
        let kind: Redundancy.Kind
        let text: ByteString
    }
}
