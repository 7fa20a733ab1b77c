import TachoInsights
import TachoLog
import TachoProjections
import Testing

struct PatternForecastTests {
    private func tables(
        _ events: [(type: String, stream: String, data: String)]
    ) throws -> (predictions: Table, occurrences: Table) {
        var log = UsageLog()
        for event in events { log.append(event.type, stream: event.stream, event.data) }
        var projections = Projections([
            PatternPredictionsProjector.self, PatternOccurrencesProjector.self,
        ])
        try projections.fold(log.batch)
        return (
            try #require(projections.table(named: "pattern_predictions")),
            try #require(projections.table(named: "pattern_occurrences"))
        )
    }

    /// A run of which the state told the request.
    private let run: (type: String, stream: String, data: String) = (
        "state.snapshot", "w1", #"{"nl_input":"fix the pytest of the api"}"#
    )

    private let requests = [
        PatternForecast.Request(id: "w1", text: "fix the pytest of the api", hasEnded: true),
        PatternForecast.Request(id: "w2", text: "deploy it to the servers", hasEnded: false),
    ]

    @Test func `requests are predicted by their words, and checked when their work has ended`()
        throws
    {
        let (predictions, occurrences) = try tables([run])

        let forecast = PatternForecast(requests, known: predictions, occurrences: occurrences)

        #expect(
            forecast.predictions.map { "\($0.request) \($0.prediction.signature)" }
                == ["w1 test:pytest:backend", "w1 fix:bug", "w2 deploy:production"])
        #expect(forecast.predictions[0].prediction.word == "pytest")
        #expect(
            forecast.checks.map { "\($0.request) \($0.signature) \($0.wasCorrect)" }
                == ["w1 test:pytest:backend true", "w1 fix:bug false"])
    }

    @Test func `what was predicted is not predicted again, and checked once`() throws {
        let predicted = { (pattern: String, request: String) in
            (
                "pattern.predicted", "patterns",
                #"{"pattern_id":"\#(pattern)","request_id":"\#(request)","confidence_score":0.5}"#
            )
        }
        let before = [run, predicted("test:pytest:backend", "w1"), predicted("fix:bug", "w2")]
        let (predictions, occurrences) = try tables(before)

        let forecast = PatternForecast(requests, known: predictions, occurrences: occurrences)

        #expect(forecast.predictions.isEmpty)
        #expect(forecast.checks.map(\.signature) == ["test:pytest:backend"])
        let checked = try tables(
            before + [
                (
                    "pattern.validated", "patterns",
                    #"{"pattern_id":"test:pytest:backend","request_id":"w1","was_correct":true}"#
                )
            ])
        let after = PatternForecast(
            requests, known: checked.predictions, occurrences: checked.occurrences)
        #expect(after.predictions.isEmpty && after.checks.isEmpty)
    }

    @Test func `work that did what was predicted proves it right, whatever its pattern is called`()
        throws
    {
        var log = UsageLog()
        for (session, tool, input) in [
            ("w1", "Bash", #"{"command":"go test ./..."}"#),
            ("w2", "Bash", #"{"command":"cat deploy.sh"}"#),
            ("w2", "Edit", #"{"file_path":"a","old_string":"b","new_string":"c"}"#),
        ] {
            let call =
                #""session_id":"\#(session)","tool_name":"\#(tool)","tool_use_id":"\#(session)\#(tool)","tool_input":\#(input)"#
            log.append("hook.PreToolUse", stream: session, "{\(call)}")
            log.append("hook.PostToolUse", stream: session, #"{\#(call),"tool_response":"x"}"#)
        }
        var projections = Projections([ToolCallsProjector.self])
        try projections.fold(log.batch)
        let work = WorkOperations(try #require(projections.table(named: "tool_calls")))
        let requests = [
            PatternForecast.Request(id: "w1", text: "fix the pytest of the api", hasEnded: true),
            PatternForecast.Request(id: "w2", text: "fix and deploy it", hasEnded: true),
            PatternForecast.Request(id: "w3", text: "deploy it", hasEnded: true),
        ]
        let (predictions, occurrences) = try tables([])

        let forecast = PatternForecast(
            requests, known: predictions, occurrences: occurrences, work: work)

        #expect(
            forecast.checks.map { "\($0.request) \($0.signature) \($0.wasCorrect)" }
                == [
                    "w1 test:pytest:backend true", "w1 fix:bug false",
                    "w2 deploy:production false", "w2 fix:bug true",
                    // No call of it is known, and no pattern of that name.
                    "w3 deploy:production false",
                ])
        #expect(work.share(of: .test) == 0.5)
        #expect(work.operations(of: "w3") == nil)
    }

    @Test func `the score counts what came, what did not, and what came unexpected`() throws {
        let check = { (pattern: String, verdict: Bool) in
            (
                "pattern.validated", "patterns",
                #"{"pattern_id":"\#(pattern)","request_id":"w1","was_correct":\#(verdict)}"#
            )
        }
        let (predictions, occurrences) = try tables([
            run, ("state.snapshot", "w1", #"{"nl_input":"x","error_message":"tsc: type error"}"#),
            check("test:pytest:backend", true), check("fix:bug", false),
        ])

        let score = PredictionScore(predictions: predictions, occurrences: occurrences)

        #expect(score.requestCount == 1)
        #expect(score.accuracy == 0.5)
        #expect(score.falsePositiveCount == 1)
        #expect(score.falseNegativeCount == 1)
        let missed = score.patterns.first { $0.signature == "build:typecheck:backend" }
        #expect(missed?.missedCount == 1)
        #expect(missed?.accuracy == nil)
    }
}
