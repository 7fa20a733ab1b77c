import Foundation
import TestSupport
import Testing

/// `tacho cost`, `tacho explain`, `tacho prices`: tokens and money.
struct CostCommandTests {
    private func message(
        _ id: String, _ model: String, input: Int, output: Int = 0, session: String = "s1",
        stop: String = "null"
    ) -> String {
        #"{"stream":"\#(session)","type":"transcript.assistant","source":"claude-code/transcript","time":"2026-01-10T10:00:00Z","data":{"version":"2.1.30","requestId":"r","message":{"id":"\#(id)","model":"\#(model)","stop_reason":\#(stop),"usage":{"input_tokens":\#(input),"output_tokens":\#(output)}}}}"#
    }

    private func fill(_ tacho: Program) throws {
        let lines = [
            message("a", "claude-opus-5", input: 10, output: 1),
            message("a", "claude-opus-5", input: 10, output: 4, stop: #""end_turn""#),
            message("a", "claude-opus-5", input: 10, output: 4, session: "s2"),
            message("b", "claude-haiku-4-5-20251001", input: 100, output: 2),
            message("c", "mystery", input: 7, session: "s2"),
        ]
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)
    }

    private static let prices = #"""
        {"sample_spec":{},
         "mystery":{"litellm_provider":"anthropic","input_cost_per_token":1e-06,"output_cost_per_token":0.0000029999900000000002},
         "claude-opus-5":{"litellm_provider":"anthropic","input_cost_per_token":2e-06,"output_cost_per_token":1e-05}}
        """#

    private func importPrices(_ tacho: Program, _ arguments: String...) throws -> [String: Any] {
        let file = URL(fileURLWithPath: tacho.home.file("prices.json"))
        try Data(Self.prices.utf8).write(to: file)
        return try tacho.run(["prices", "import", file.path, "--json"] + arguments).data()
    }

    @Test func `costs are exact, and what has no price is told`() throws {
        let tacho = try Program()
        try fill(tacho)

        let data = try tacho.run("cost", "--json").data()
        let total = try #require(data["total"] as? [String: Any])
        let text = try tacho.run("cost").text

        // 10×5 + 4×25, and 100×1 + 2×5 millionths
        #expect(total["cost"] as? String == "0.00026")
        #expect(total["messages"] as? Int == 3)
        #expect(total["lower_bound_messages"] as? Int == 2)
        let groups = data["groups"] as? [[String: Any]] ?? []
        let unknown = try #require(groups.first { $0["model"] as? String == "mystery" })
        #expect(unknown["cost_usd"] is NSNull && unknown["cost_picousd"] is NSNull)
        #expect(unknown["unpriced_tokens"] as? Int == 7)
        for group in groups where group["cost"] is String {
            let cost = try #require(group["cost_usd"] as? String)
            #expect(group["cost"] as? String == cost && group["unpriced_tokens"] as? Int == 0)
            let pico = (group["cost_picousd"] as? String).flatMap { Decimal(string: $0) }
            #expect(pico != nil && pico == Decimal(string: cost).map { $0 * 1_000_000_000_000 })
        }
        let unpriced = data["unpriced"] as? [[String: Any]]
        #expect(unpriced?.first?["model"] as? String == "mystery")
        #expect(unpriced?.first?["tokens"] as? Int == 7)
        #expect(text.contains("1 model without a price, 7 tokens that are in no cost"))
        let mystery = text.split(separator: "\n").first { $0.hasPrefix("mystery") }
        #expect(mystery?.contains("$") == false)
    }

    @Test func `a message that names no model is not told as no model`() throws {
        let tacho = try Program()
        let line =
            #"{"stream":"s1","type":"transcript.assistant","source":"claude-code/transcript","data":{"message":{"id":"a","usage":{"input_tokens":3}}}}"#
        #expect(
            try tacho.run(["append", "--envelope", "--quiet"], input: Data((line + "\n").utf8))
                .status == 0)

        let text = try tacho.run("cost").text

        #expect(text.contains("1 message without a price, 3 tokens that are in no cost"))
    }

    @Test func `every way of grouping and every table of prices answers`() throws {
        let tacho = try Program()
        try fill(tacho)

        for way in ["model", "day", "session", "workflow", "phase", "project", "agent"] {
            let result = try tacho.run("cost", "--by", way, "--prices", "reference", "--json")
            let total = try result.data()["total"] as? [String: Any]
            // 10×15 + 4×75, 100×3 + 2×15, and 7×3 millionths
            #expect(total?["cost"] as? String == "0.000801")
        }
        let rows = try tacho.run("cost", "--compat", "ccusage", "--json").rows()
        #expect(rows.map { $0["cost"] as? String } == ["0.00015", "0.00011", "0"])
        let text = try tacho.run("cost", "--compat", "ccusage").lines
        #expect(text.last?.hasPrefix("total ") == true && text.last?.hasSuffix("$0.0003") == true)
        let none = try tacho.run("cost", "--since", "2026-02-01", "--json").data()
        #expect((none["groups"] as? [Any])?.isEmpty == true)
    }

    @Test func `a cost is explained term by term, with its events`() throws {
        let tacho = try Program()
        try fill(tacho)

        let rows = try tacho.run("explain", "cost", "a", "--json").rows()
        #expect(rows.map { $0["amount"] as? String } == ["0.00005", "0.0001", "0.00015"])
        #expect(rows.first?["price"] as? String == "5")
        #expect(rows.first?["source"] as? String == "embedded")
        #expect(rows.first?["positions"] as? String == "1, 2, 3")

        let tokens = try tacho.run("explain", "tokens", "s1", "--json").rows()
        #expect(tokens.map { $0["output_source"] as? String } == ["final", "placeholder"])
        #expect(tokens.map { $0["inherited"] as? Int } == [1, 0])
        #expect(try tacho.run("explain", "cost", "nobody").status == 1)
    }

    @Test func `no cost in a time is told from no cost at all`() throws {
        let tacho = try Program()
        try fill(tacho)

        let none = try tacho.run("cost", "--since", "2026-02-01")

        #expect(none.status == 0 && none.output.isEmpty)
        #expect(none.errors.contains("in that time"), "\(none.errors)")
        #expect(!none.errors.contains("tacho import"))
    }

    @Test func `a beginning of an id explains, if only one begins so`() throws {
        let tacho = try Program()
        let lines = [
            message("msg_1", "claude-opus-5", input: 10, session: "f6991f4d-1"),
            message("msg_2", "claude-opus-5", input: 20, session: "f6991f4d-1"),
            message("msg_3", "claude-opus-5", input: 30, session: "f7000000-2"),
        ]
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        #expect(try tacho.run(["append", "--envelope", "--quiet"], input: input).status == 0)

        for kind in ["cost", "tokens"] {
            let whole = try tacho.run("explain", kind, "f6991f4d-1")
            #expect(whole.status == 0 && whole.lines.count > 2, "\(whole.errors)")
            #expect(try tacho.run("explain", kind, "f69").text == whole.text)
            let several = try tacho.run("explain", kind, "f")
            #expect(several.status == 1)
            #expect(several.errors == "tacho: f begins 2 ids: f6991f4d-1, f7000000-2\n")
            #expect(try tacho.run("explain", kind, "").status == 1)
        }
    }

    @Test func `a price of a token is printed, however small it is`() throws {
        let tacho = try Program()
        let amounts = #""input":"0.0000057","output":"0.00000000007","cache_read":"0.00012""#
        try tacho.append(
            [#"{"model":"m","provider":"p",\#(amounts)}"#], type: "price.set", stream: "prices")

        let line = try tacho.run(
            "table", "prices", "--columns", "input,output,cache_read", "--where", "model=m"
        ).lines.last

        #expect(
            line?.split(separator: " ").map(String.init)
                == ["$0.0000057", "$0.000000000070", "$0.0001"])
    }

    @Test func `prices are imported once, and told what was rounded`() throws {
        let tacho = try Program()
        try fill(tacho)

        let trial = try importPrices(tacho, "--dry-run")
        let first = try importPrices(tacho)
        let second = try importPrices(tacho)

        #expect(trial["appended"] as? Int == 0)
        #expect(first["appended"] as? Int == 2)
        #expect(first["rounded"] as? Int == 1)
        #expect(second["appended"] as? Int == 0)
        #expect(second["unchanged"] as? Int == 2)
        // The mystery had no price and has it for all times; the other's past stays.
        let total = try tacho.run("cost", "--json").data()["total"] as? [String: Any]
        #expect(total?["cost"] as? String == "0.000267")
        #expect(total?["unpriced_messages"] as? Int == 0)
        let history = try tacho.run("prices", "history", "claude-opus-5", "--json").rows()
            .filter { $0["model"] as? String == "claude-opus-5" }
        #expect(history.map { $0["input"] as? String } == ["0.000005", "0.000002"])
        #expect(history.map { $0["source"] as? String } == ["embedded", "litellm"])
        #expect(history.first?["valid_from"] is NSNull)
        // As of before the import there was none.
        let before = try tacho.run("cost", "--as-of", "5", "--json").data()["total"]
        #expect((before as? [String: Any])?["cost"] as? String == "0.00026")
    }

    @Test func `a file that holds no prices is refused`() throws {
        let tacho = try Program()
        try Data("[1]".utf8).write(to: URL(fileURLWithPath: tacho.home.file("x.json")))

        #expect(try tacho.run("prices", "import", tacho.home.file("x.json")).status == 65)
        #expect(try tacho.run("prices", "import", tacho.home.file("none")).status == 2)
    }
}
