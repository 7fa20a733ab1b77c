import Foundation
import TestSupport
import Testing

/// `tacho setup claude` on real files.
@Suite struct SetupTests {
    private let program: Program

    init() throws { program = try Program() }

    private var directory: String { program.home.file(".claude") }
    private var file: String { directory + "/settings.json" }
    private let original = Data("{\n  \"model\": \"opus\",\n  \"n\": 1.0\n}".utf8)

    private func write(_ data: Data) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try data.write(to: URL(fileURLWithPath: file))
    }

    private func contents(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }
    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }

    @Test func `without --write a diff is printed and nothing is written`() throws {
        try write(original)

        let result = try program.run("setup", "claude")

        #expect(result.status == 0)
        #expect(result.text.hasPrefix("--- \(file)\n+++ \(file)\n@@ "))
        #expect(result.text.contains("+    \"PostToolUse\": ["))
        let hook = Program.directory.appendingPathComponent("tacho-hook").path
        #expect(result.text.contains("\"command\": \"\(hook)\""))
        #expect(contents(file) == original && names == ["settings.json"])
    }

    @Test func `written, written again, and undone, the file is what it was`() throws {
        try write(original)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)

        #expect(try program.run("setup", "claude", "--write").status == 0)
        let written = try #require(contents(file))
        #expect(contents(file + ".tacho-backup") == original)
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o640)

        let again = try program.run("setup", "claude", "--write")
        #expect(again.status == 0 && again.text == "" && contents(file) == written)

        // More of ours on top is still ours.
        #expect(try program.run("setup", "claude", "--write", "--telemetry").status == 0)
        #expect(contents(file) != written)

        #expect(try program.run("setup", "claude", "--undo").status == 0)
        #expect(contents(file) == original)
        #expect(names == ["settings.json"])
    }

    @Test func `a status line that is there is left alone, or joined, and restored`() throws {
        let mine =
            #"{"statusLine": {"type": "command", "command": "printf \"it\u0027s %s\" me", "padding": 1}}"#
        try write(Data(mine.utf8))

        let alone = try program.run("setup", "claude")
        #expect(alone.errors.contains("left alone (--join-status-line shows both)"))
        #expect(!alone.text.contains("statusline --with"))

        #expect(try program.run("setup", "claude", "--write", "--join-status-line").status == 0)
        let joined = try #require(contents(file))
        let settings = try JSONSerialization.jsonObject(with: joined) as? [String: Any]
        let line = try #require(settings?["statusLine"] as? [String: Any])
        let command = try #require(line["command"] as? String)
        #expect(line["padding"] as? Int == 1)
        let shown = Process()
        shown.executableURL = URL(fileURLWithPath: "/bin/sh")
        shown.arguments = ["-c", "echo '{\"model\":{\"id\":\"Opus\"}}' | " + command]
        let output = Pipe()
        shown.standardOutput = output
        try shown.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        #expect(String(decoding: text, as: UTF8.self) == "it's me\nOpus\n")

        let again = try program.run("setup", "claude", "--write", "--join-status-line")
        #expect(again.errors.contains("nothing to do"))
        #expect(try program.run("setup", "claude", "--undo").status == 0)
        #expect(contents(file) == Data(mine.utf8))

        // Changed since: the command is what it was, in JSON of ours.
        #expect(try program.run("setup", "claude", "--write", "--join-status-line").status == 0)
        let written = String(decoding: try #require(contents(file)), as: UTF8.self)
        try write(Data(written.replacing("\"padding\": 1", with: "\"padding\": 2").utf8))
        #expect(try program.run("setup", "claude", "--undo").status == 0)
        let expected = mine.replacing(#"\u0027"#, with: "'").replacing("1}", with: "2}")
        #expect(contents(file) == Data(expected.utf8))
    }

    @Test func `a file that was not there is gone again`() throws {
        #expect(try program.run("setup", "claude", "--write").status == 0)
        #expect(contents(file) != nil)
        #expect(try program.run("setup", "claude", "--undo").status == 0)
        #expect(names == [])
        #expect(try program.run("setup", "claude", "--undo").status == 0)
    }

    @Test func `a file that was changed since loses our entries alone`() throws {
        try write(original)
        #expect(try program.run("setup", "claude", "--write", "--telemetry").status == 0)
        let written = String(decoding: try #require(contents(file)), as: UTF8.self)
        try write(Data(written.replacingOccurrences(of: "opus", with: "sonnet").utf8))

        let result = try program.run("setup", "claude", "--undo")

        #expect(result.status == 0 && result.errors.contains("changed since"))
        let expected = String(decoding: original, as: UTF8.self)
            .replacingOccurrences(of: "opus", with: "sonnet")
        #expect(contents(file) == Data(expected.utf8))
        #expect(names == ["settings.json"])
    }

    @Test func `what may not be written is left as it is, with a reason`() throws {
        try write(Data("{ // mine\n}".utf8))
        var result = try program.run("setup", "claude", "--write")
        #expect(result.status == 65 && result.errors.contains("line 1"))
        #expect(result.errors.contains(file))

        try write(Data(repeating: 0x20, count: 5 << 20))
        result = try program.run("setup", "claude", "--write")
        #expect(result.status == 65 && names == ["settings.json"])

        try write(original)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
        result = try program.run("setup", "claude", "--write")
        #expect(result.status == 77 && result.errors.contains("read-only"))
        #expect(contents(file) == original && names == ["settings.json"])

        try FileManager.default.moveItem(atPath: file, toPath: program.home.file("shared.json"))
        try FileManager.default.createSymbolicLink(
            atPath: file, withDestinationPath: program.home.file("shared.json"))
        result = try program.run("setup", "claude", "--write")
        #expect(result.status == 77 && result.errors.contains("symbolic link"))
        #expect(result.errors.contains("--settings") && result.errors.contains("shared.json"))
        #expect(contents(program.home.file("shared.json")) == original)
    }

    @Test func `settings that keep all hooks from running are told of`() throws {
        try write(Data(#"{"disableAllHooks": true}"#.utf8))

        let result = try program.run("setup", "claude", "--write")

        #expect(result.status == 0 && result.errors.contains("disableAllHooks is true"))
        #expect(!result.errors.contains("New sessions are recorded"))
        #expect(try program.run("setup", "claude", "--undo").status == 0)
        #expect(contents(file) == Data(#"{"disableAllHooks": true}"#.utf8))
    }

    @Test func `scopes name their files`() throws {
        for (scope, name) in [("project", "settings.json"), ("local", "settings.local.json")] {
            #expect(try program.run("setup", "claude", "--scope", scope, "--write").status == 0)
            #expect(contents(program.home.file(".claude/" + name)) != nil)
        }
        #expect(try program.run("setup", "claude", "--scope", "local", "--telemetry").status == 2)
    }

    @Test func `what was set up records a hook call`() throws {
        #expect(try program.run("setup", "claude", "--write").status == 0)
        let object =
            try JSONSerialization.jsonObject(with: #require(contents(file))) as? [String: Any]
        let hooks = object?["hooks"] as? [String: [[String: [[String: Any]]]]]
        let command = hooks?["Stop"]?.first?["hooks"]?.first?["command"] as? String
        let payload = Data(#"{"session_id":"s","hook_event_name":"Stop"}"#.utf8)

        let process = program.process([])
        process.executableURL = URL(fileURLWithPath: try #require(command))
        let input = Pipe()
        process.standardInput = input
        try process.run()
        input.fileHandleForWriting.write(payload)
        try input.fileHandleForWriting.close()
        process.waitUntilExit()

        #expect(try program.run("cat", "--type", "hook.Stop").lines.count == 1)
    }

    @Test func `a plugin brings its own program and the same hooks`() throws {
        let plugin = program.home.file("plugin")

        #expect(try program.run("setup", "claude", "--plugin", plugin).status == 0)

        let hooks =
            try JSONSerialization.jsonObject(with: #require(contents(plugin + "/hooks/hooks.json")))
            as? [String: Any]
        #expect((hooks?["hooks"] as? [String: Any])?.count == 28)
        let manifest =
            try JSONSerialization.jsonObject(
                with: #require(contents(plugin + "/.claude-plugin/plugin.json"))) as? [String: Any]
        #expect(manifest?["name"] as? String == "tacho")
        #expect(FileManager.default.isExecutableFile(atPath: plugin + "/bin/tacho-hook"))
        #expect(try program.run("setup", "claude", "--plugin", plugin).status == 1)
    }
}
