import Foundation
import TachoJSON
import TachoSources
import TestSupport
import Testing

/// Text is inserted into settings and taken out of them; nothing else changes.
@Suite struct SettingsPlanTests {
    private static let pretty = """
        {
            "model": "opus",
            "hooks": {
                "PostToolUse": [
                    {
                        "matcher": "Edit|Write",
                        "hooks": [{ "type": "command", "command": "fmt.sh" }]
                    }
                ],
                "Stop": []
            },
            "env": {"A": "1"},
            "unknown": [1.50, {"é": "\\u00e9"}],
            "statusLine": {"type": "command", "command": "mine.sh"}
        }

        """

    static let settings = [
        "", "{}", " \n", "{ }", "{\n}\n", "{\"hooks\":{}}", "{\"a\":1}\n",
        "{\"a\": 1, \"hooks\": {}}",
        "{\n\t\"a\": 1\n}",
        "{\r\n  \"a\": 1,\r\n  \"hooks\": {\r\n    \"Stop\": []\r\n  }\r\n}\r\n",
        "{\n  \"hooks\": {\n    \"Stop\": [\n    ]\n  }\n}", pretty,
        "{\n\"hooks\": {\"Stop\": [{\"hooks\": []}]}\n}",
    ]

    private func registration() -> ClaudeRegistration {
        var registration = ClaudeRegistration(hook: "/opt/tacho/tacho-hook")
        registration.statusLine = "/opt/tacho/tacho"
        registration.hasTelemetry = true
        return registration
    }

    private func added(_ text: String) throws(SettingsError) -> SettingsPlan {
        try SettingsPlan.adding(registration(), to: Array(text.utf8))
    }

    @Test(arguments: settings)
    func `what is added is valid, and every byte that was there is there in its order`(
        text: String
    ) throws {
        let plan = try added(text)

        #expect(try JSON.validate(plan.bytes) == .object)
        // What was there is a subsequence of what is there.
        var rest = Array(text.utf8)[...]
        for byte in plan.bytes where byte == rest.first { rest = rest.dropFirst() }
        #expect(
            rest.allSatisfy { $0 == 0x20 || $0 == 0x0A },
            "\(String(decoding: plan.bytes, as: UTF8.self))")
    }

    @Test(arguments: settings)
    func `adding again adds nothing`(text: String) throws {
        let plan = try added(text)
        let again = try SettingsPlan.adding(registration(), to: plan.bytes)

        #expect(again.bytes == plan.bytes)
        #expect(again.entries.isEmpty)
    }

    @Test(arguments: settings.filter { $0.contains("a") || $0.contains("m") })
    func `taking our entries out gives back the bytes that were there`(text: String) throws {
        let plan = try added(text)
        let removed = try SettingsPlan.removing(from: plan.bytes, entries: plan.entries)

        #expect(Set(removed.entries) == Set(plan.entries))
        // An object or array that was empty may stand without its whitespace, or be gone.
        if !text.contains("[]"), !text.contains("{}"), !text.contains("[\n") {
            #expect(removed.bytes == Array(text.utf8))
        } else {
            let again = try added(String(decoding: removed.bytes, as: UTF8.self))
            #expect(Set(again.entries) == Set(plan.entries))
        }
    }

    @Test func `every event but the harmful ones is hooked, in the documented shape`() throws {
        let text = String(decoding: try added("{}").bytes, as: UTF8.self)

        for name in ["SessionStart", "PreToolUse", "PostToolUseFailure", "SessionEnd", "Stop"] {
            #expect(text.contains("\n    \"\(name)\": [\n"))
        }
        for name in ["WorktreeCreate", "MessageDisplay", "PostToolBatch"] {
            #expect(!text.contains(name))
        }
        #expect(registration().events.count == 28)
        #expect(text.contains("\"command\": \"/opt/tacho/tacho-hook\""))
        #expect(text.contains("\"command\": \"/opt/tacho/tacho statusline\""))
        #expect(text.contains("\"CLAUDE_CODE_ENABLE_TELEMETRY\": \"1\""))
    }

    @Test func `others' hooks keep their order, and their status line stays`() throws {
        let plan = try added(Self.pretty)
        let text = String(decoding: plan.bytes, as: UTF8.self)

        let theirs = try #require(text.range(of: "fmt.sh"))
        let ours = try #require(text.range(of: "tacho-hook"))
        #expect(theirs.lowerBound < ours.lowerBound)
        #expect(!text.contains("tacho statusline"))
        #expect(plan.notes.contains { $0.contains("status line") })
    }

    @Test func `a recorder that lies elsewhere is left alone and told`() throws {
        let text =
            #"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"/old/tacho","args":["hook"]}]}]}}"#
        let plan = try added(text)

        #expect(!plan.entries.contains("hooks.Stop"))
        #expect(plan.notes.contains { $0.contains("/old/tacho") })
        let removed = try SettingsPlan.removing(from: plan.bytes, entries: plan.entries)
        #expect(removed.bytes == Array(text.utf8))
    }

    @Test func `a path that a shell would take apart is quoted`() throws {
        var registration = ClaudeRegistration(hook: "/o'p t/tacho-hook")
        registration.statusLine = "/o'p t/tacho"
        let plan = try SettingsPlan.adding(registration, to: [])
        let text = String(decoding: plan.bytes, as: UTF8.self)

        #expect(text.contains(#""command": "'/o'\\''p t/tacho-hook'""#))
        #expect(!text.contains("args"))
        #expect(try SettingsPlan.adding(registration, to: plan.bytes).entries.isEmpty)
        #expect(
            try SettingsPlan.removing(from: plan.bytes, entries: nil).entries.count
                == registration.events.count + 1)
    }

    @Test(arguments: [
        "{", "[]", "{\"hooks\": {}} x", "{\"hooks\": {},}", "// comment\n{}", "\u{FEFF}{}", "nul",
    ])
    func `what is no JSON object is refused`(text: String) {
        #expect(throws: SettingsError.self) { try added(text) }
    }

    @Test func `what cannot be added to without guessing is refused`() {
        for text in [
            #"{"hooks":[]}"#, #"{"hooks":{"Stop":{}}}"#, #"{"env":1}"#, #"{"hooks":null}"#,
        ] {
            #expect(throws: SettingsError.self) { try added(text) }
        }
        #expect(throws: SettingsError.ambiguous(path: "hooks")) {
            try added(#"{"hooks":{},"hooks":{}}"#)
        }
    }

    @Test func `every cut of a file is refused or taken, and never trapped on`() {
        let bytes = Array(Self.pretty.utf8)
        for count in bytes.indices {
            _ = try? SettingsPlan.adding(registration(), to: Array(bytes.prefix(count)))
        }
    }
}

@Suite struct LineDiffTests {
    private func diff(_ old: String, _ new: String) -> String {
        LineDiff.unified(Array(old.utf8), Array(new.utf8), oldName: "a", newName: "a")
    }

    @Test func `equal texts have no difference`() {
        #expect(diff("x\n", "x\n") == "")
    }

    @Test func `differences are those of diff -u`() {
        #expect(diff("", "x\n") == "--- a\n+++ a\n@@ -0,0 +1 @@\n+x\n")
        #expect(diff("x", "") == "--- a\n+++ a\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n")
        #expect(
            diff(
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
                "1\n2\nx\n3\n4\n5\n6\n7\n8\n9\n10\n11\n13\n")
                    == """
                    --- a
                    +++ a
                    @@ -1,5 +1,6 @@
                     1
                     2
                    +x
                     3
                     4
                     5
                    @@ -9,4 +10,4 @@
                     9
                     10
                     11
                    -12
                    +13

                    """)
    }
}
