import TachoInsights

/// Sequences of tools in sessions.
let toolChecks: GoldenChecks = [
    "daily_confidence": { example in
        let confidence = ToolSequences.confidence(
            count: example.input["occurrences"].integer ?? 0,
            total: example.input["total_sessions"].integer ?? 0)
        return example.agrees(.real(confidence))
    },
    "daily_classify_and_savings": { example in
        let input = example.input
        let (pattern, count) = (
            input["pattern"].text ?? "", input["occurrences"].integer ?? 0
        )
        let status = ToolSequences.status(
            sequence: pattern, confidence: input["confidence"].double ?? 0, count: count,
            savings: input["savings"].double ?? 0)
        let savings = ToolSequences.savings(sequence: pattern, count: count)
        return example.agrees(["status": .text(status), "estimated_savings": .real(savings)])
    },
    "daily_tool_sequences": { example in
        let calls = example.input["hook_events"].list.compactMap { event -> ToolSequences.Call? in
            guard event["event_type"].text == "PreToolUse",
                let tool = event["tool_name"].text, !tool.isEmpty,
                let session = event["session_id"].text, !session.isEmpty
            else { return nil }
            return ToolSequences.Call(
                session: session, tool: tool, time: event["timestamp"].text ?? "")
        }
        let sessions = ToolSequences.sessions(of: calls)
        let patterns = ToolSequences.patterns(
            in: sessions, minimumCount: example.input["min_occurrences"].integer ?? 2)
        return example.agrees([
            "sequences": .list(
                sessions.map {
                    [
                        "session_id": .text($0.id), "tool_sequence": .text($0.sequence),
                        "event_count": GoldenValue($0.tools.count),
                    ]
                }),
            "patterns": .list(
                patterns.map {
                    [
                        "pattern_id": .text($0.id), "tool_sequence": .text($0.sequence),
                        "confidence_score": .real($0.confidence),
                        "occurrence_count": GoldenValue($0.count),
                        "estimated_savings_usd": .real($0.savings),
                        "example_sessions": GoldenValue($0.exampleSessions),
                        "status": .text($0.status),
                    ]
                }),
        ])
    },
    "tool_windows": { example in
        let sessions = example.input["sessions"].members.map(\.value.texts)
        let minimum = example.input["min_occurrences"].integer ?? 5
        let mixed = ToolWindows.mixed(in: sessions, minimumCount: minimum)
        let all = ToolWindows.all(in: sessions, minimumCount: minimum)
        return example.agrees([
            "mixed": .list(
                mixed.map {
                    [
                        "pattern": GoldenValue($0.tools), "count": GoldenValue($0.count),
                        "category": .text($0.category),
                    ]
                }),
            "all_windows": .list(
                all.map { ["pattern": GoldenValue($0.tools), "count": GoldenValue($0.count)] }),
        ])
    },
    "tool_sequence_exclusions": { example in
        let review = ToolSequenceReview(
            tools: example.input["tool_sequence"].texts,
            count: example.input["occurrence_count"].integer ?? 0)
        return example.agrees([
            "normal": .bool(review.ordinaryReason != nil),
            "normal_reason": GoldenValue(review.ordinaryReason),
            "flag": .bool(review.isCandidate), "flag_reason": .text(review.verdict),
            "class": .text(review.kind),
        ])
    },
    "error_fix_retry": { example in
        let analysis = ErrorFixRetry(example.input["events"].list.map { ErrorFixRetry.Event($0) })
        let total = analysis.stretches.reduce(0) { $0 + $1.events.count }
        return example.agrees([
            "mixed_sequences": GoldenValue(analysis.mixedCount), "error_fix": GoldenValue(total),
            "categories": .object(
                analysis.stretches.map { ($0.category, GoldenValue($0.events.count)) }),
            "deterministic": .object(
                analysis.stretches.map { category, stretches in
                    let fixes = ErrorFixRetry.fixes(for: stretches)
                    let expected = example.expected["deterministic"][category].list
                    let ordered = expected.compactMap { fix in
                        fixes?.first { $0.command == fix["command"].text }
                    }
                    guard let fixes, ordered.count == fixes.count else { return (category, nil) }
                    let values = zip(ordered, expected).map { fix, value in
                        fix.golden(exampleCount: value["example_sessions"].list.count)
                    }
                    return (category, .list(values))
                }),
        ])
    },
]

extension ErrorFixRetry.Event {
    fileprivate init(_ event: GoldenValue) {
        let payload = event["payload"]
        self.init(
            session: event["session_id"].text ?? event["workflow_id"].text ?? "unknown",
            tool: event["tool_name"].text ?? "", isPost: event["event_type"].text == "PostToolUse",
            exitCode: payload["exit_code"].integer, command: payload["command"].text ?? "",
            output: payload["output"].text ?? "", file: payload["file_path"].text)
    }
}

extension ErrorFixRetry.Fix {
    /// The set says neither the order of the commands nor how many examples there are.
    fileprivate func golden(exampleCount: Int) -> GoldenValue {
        [
            "command": .text(command), "occurrences": GoldenValue(count),
            "fix_sequence": GoldenValue(tools), "consistency": .real(consistency),
            "example_sessions": GoldenValue(Array(sessions.prefix(max(3, exampleCount)))),
            "files_involved": GoldenValue(files),
        ]
    }
}
