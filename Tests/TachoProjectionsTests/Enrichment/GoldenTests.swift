import Foundation
import TachoEvents
import TachoJSON
import TachoLog
import TachoProjections
import Testing

/// The reference's formulas, case by case.
struct GoldenTests {
    @Test(arguments: [
        "api_call_cost", "cost_infer_phase", "cost_parse_jsonl", "error_category",
        "issue_number_validation", "phase_metrics", "status_inference", "temporal_fields",
    ])
    func `golden vectors are there`(name: String) {
        #expect(!GoldenCase.load(name).isEmpty)
    }

    @Test(arguments: GoldenCase.load("api_call_cost"))
    func `tokens cost what the reference says`(golden: GoldenCase) throws {
        let usage = TokenUsage(
            input: golden.integer("input_tokens"), output: golden.integer("output_tokens"),
            cacheWrite: golden.integer("cache_creation_tokens"),
            cacheRead: golden.integer("cache_read_tokens"))
        let model = try #require(golden.input["model"] as? String)
        let expected = try #require(golden.expected as? Double)

        let cost = try #require(
            model.withBytes { TokenPrice.reference(model: $0).cost(of: usage) })

        #expect(abs(Double(cost) / 1e12 - expected) <= 1e-9 * max(1, expected))
    }

    @Test(arguments: GoldenCase.load("cost_infer_phase"))
    func `a directory's name tells its phase`(golden: GoldenCase) throws {
        let name = try #require(golden.input["agent_dir"] as? String)
        let expected = try #require(golden.expected as? String)

        let phase = name.withBytes { PhaseName.reference(agentDirectory: $0) }

        #expect(phase == ByteString(expected))
    }

    @Test(arguments: GoldenCase.load("error_category"))
    func `a message's words tell its category`(golden: GoldenCase) throws {
        let message = golden.input["error_message"] as? String ?? ""
        let expected = try #require(golden.expected as? String)

        let category = message.withBytes { ErrorCategory(message: $0) }

        #expect("\(category.name)" == expected)
    }

    @Test(arguments: GoldenCase.load("issue_number_validation"))
    func `an issue number is read as Python reads it`(golden: GoldenCase) throws {
        let number = try golden.withView("issue_number") {
            IssueNumber($0, excluding: IssueNumber.referenceExclusions)
        }

        let expected = golden.expectedObject
        #expect(number.value == (expected["issue_number"] as? NSNumber)?.int64Value)
        #expect((number == .rejected) == (expected["skip"] as? Bool))
    }

    @Test(arguments: GoldenCase.load("temporal_fields"))
    func `hour and weekday are those that are written`(golden: GoldenCase) {
        let local = (golden.input["timestamp"] as? String)?.withBytes { LocalTime(iso8601: $0) }

        let expected = golden.expectedObject
        #expect((local ?? nil)?.hour ?? -1 == expected["hour"] as? Int64 ?? -2)
        #expect((local ?? nil)?.weekday ?? -1 == expected["day_of_week"] as? Int64 ?? -2)
    }

    @Test(arguments: GoldenCase.load("phase_metrics"))
    func `stamps give the reference's phase metrics`(golden: GoldenCase) throws {
        let phases = try #require(golden.input["phases"] as? [[String: Any]])
        let stamped = phases.compactMap { phase -> (name: ByteString, stamp: Timestamp)? in
            guard let name = phase["phase"] as? String,
                let stamp = (phase["timestamp"] as? String).flatMap({
                    Timestamp(iso8601: Array($0.utf8))
                })
            else { return nil }
            return (ByteString(name), stamp)
        }

        let metrics = PhaseMetrics(reference: stamped)

        let expected = golden.expectedObject
        let durations = metrics.map { metrics in
            Dictionary(
                uniqueKeysWithValues: metrics.durations.map { ("\($0.phase)", $0.seconds) })
        }
        #expect(durations == (expected["phase_durations"] as? [String: Int64]))
        #expect(metrics?.bottleneck?.description == expected["bottleneck_phase"] as? String)
        #expect(metrics?.idleSeconds == (expected["idle_time_seconds"] as? Int64))
    }

    /// The last result of a file is the one that counts, as it is when its lines are folded.
    @Test(arguments: GoldenCase.load("cost_parse_jsonl"))
    func `the last result of an output counts`(golden: GoldenCase) throws {
        let content = try #require(golden.input["content"] as? String)
        var results = AgentResults()
        for line in content.split(whereSeparator: \.isNewline) {
            let bytes = Array(line.utf8)
            // Lines that are no object are not events, and never reach a projector: a file that
            // ends in one gives the reference nothing, and us what stands before it.
            guard (try? JSON.validate(bytes)) == .object else { continue }
            bytes.withUnsafeBytes { bytes in
                let data = JSONView(validated: bytes)
                guard data["type"]?.equals("result") == true else { return }
                let entry = AgentResults.Entry(AgentRecord(data), of: data, agent: "a")
                if let entry { results.record(entry) }
            }
        }

        guard let expected = golden.expected as? [String: Any] else {
            #expect(results.entries.isEmpty || content.hasSuffix("[1,2]\n"))
            return
        }
        let entry = try #require(results.entries.last)
        #expect(results.entries.count == 1)
        let model = expected["model"] as? String
        #expect(entry.model?.description == (model == "unknown" ? nil : model))
        #expect(entry.usage.input == expected["input_tokens"] as? Int64)
        #expect(entry.usage.cacheWrite == expected["cache_creation_tokens"] as? Int64)
        #expect(entry.usage.cacheRead == expected["cache_read_tokens"] as? Int64)
        #expect(entry.usage.output == expected["output_tokens"] as? Int64)
    }

    /// Through the projector: state and directory in both orders.
    @Test(arguments: GoldenCase.load("status_inference"), [true, false])
    func `a run directory tells its workflow's status`(
        golden: GoldenCase, stateFirst: Bool
    ) throws {
        let state = String(decoding: try json(golden.input["state"] ?? [:]), as: UTF8.self)
        let directories = (golden.input["dirs"] as? [String] ?? []).sorted()
        let errorLog =
            golden.input["error_log"] as? Bool == true
            ? #","error_log_modified":"2025-03-01T00:00:00Z""# : ""
        let names = String(decoding: try json(directories), as: UTF8.self)
        let directory =
            #"{"directory":"abc","directories":\#(names),"state_modified":"2025-02-01T00:00:00Z"\#(errorLog)}"#
        let modified = try #require(Timestamp(iso8601: "2025-02-01T00:00:00Z"))
        var log = MemoryLog()
        for isState in [stateFirst, !stateFirst] {
            log.append(
                stream: "abc", type: isState ? "state.snapshot" : "state.directory",
                source: "adw/state", time: isState ? modified : nil,
                data: isState ? state : directory)
        }

        let row = try TableReader(folding: WorkflowHistoryProjector.self, log).row("abc")

        let expected = golden.expectedObject
        #expect(row.text("status") == expected["status"] as? String)
        for column in ["nl_input", "github_url", "branch_name", "plan_file", "issue_class"] {
            #expect(row.text(column) == expected[column] as? String)
        }
        let template = expected["workflow_template"] as? String ?? "sdlc"
        #expect(row.text("workflow_template") == template)
        #expect(row.text("model_used") == expected["model_used"] as? String)
        let end = row.timestamp("end_time").map { "\($0)".prefix(7) }
        switch expected["end_time_source"] as? String {
        case "error_log_mtime": #expect(end == "2025-03")
        case "state_file_mtime": #expect(end == "2025-02")
        case "state": #expect(end == "2025-01")
        // An ended workflow always has an end here (B12).
        default: #expect(end == (row.text("status") == "running" ? nil : "2025-02"))
        }
    }
}
