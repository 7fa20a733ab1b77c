import Foundation
import TestSupport
import Testing

struct ContractTests {
    @Test func `help and version are what was asked for`() throws {
        let tacho = try Program()

        let help = try tacho.run("--help")
        let version = try tacho.run("--version")

        #expect(help.status == 0)
        #expect(help.text.contains("EXAMPLES"))
        #expect(help.errors.isEmpty)
        #expect(version.status == 0)
        #expect(version.text.hasPrefix("tacho "))
    }

    /// A step of a pattern's life has its example at `patterns implement`, one of the two things to
    /// do with quarantined events at `quarantine`.
    private static let withoutExamples: Set = [
        "patterns submit", "patterns approve", "patterns reject", "patterns comment",
        "patterns activate", "patterns deprecate", "quarantine list", "quarantine record",
    ]
    /// They read and write no store, or one that is named otherwise.
    private static let withoutStore: Set = ["setup claude", "restore", "torture"]

    @Test func `every command has a help with examples, and takes a store`() throws {
        let tacho = try Program()
        let dump = try tacho.run("--experimental-dump-help").json()
        var commands: [String] = []
        func add(_ command: [String: Any], below names: [String]) {
            let below = command["subcommands"] as? [[String: Any]] ?? []
            if below.isEmpty { commands.append(names.joined(separator: " ")) }
            for command in below where command["shouldDisplay"] as? Bool == true {
                add(command, below: names + [command["commandName"] as? String ?? ""])
            }
        }
        add(try #require(dump["command"] as? [String: Any]), below: [])
        #expect(commands.count > 50)

        for command in commands where command != "help" {
            let help = try tacho.run(command.split(separator: " ").map(String.init) + ["--help"])
            #expect(help.status == 0, "\(command)")
            #expect(
                help.text.contains("EXAMPLES") != Self.withoutExamples.contains(command),
                "\(command)")
            #expect(
                help.text.contains("--store") != Self.withoutStore.contains(command), "\(command)")
        }
    }

    @Test(arguments: [
        ["frobnicate"], ["cat", "--from", "x"], ["append"], ["status", "--json", "--csv"],
        ["table", "no_such_table"], ["table", "sessions", "--where", "nonsense"],
        ["table", "sessions", "--sort", "no_such_column"], ["history", "--status", "lost"],
        ["append", "--type", "a\"b"], ["show"], ["cost", "--by", "colour"],
        ["cost", "--compat", "ccusage", "--by", "phase"], ["explain", "money", "x"],
        ["sql", "SELEC 1"], ["sql", "SELECT 1", "-f", "x"], ["export", "parquet", "x"],
        ["export", "sqlite", "x", "--tables", "no_such_table"],
    ])
    func `a wrong call ends with 2 and prints nothing on standard output`(_ arguments: [String])
        throws
    {
        let tacho = try Program()
        try tacho.append(["{}"])

        let result = try tacho.run(arguments)

        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("tacho: "))
    }

    @Test(arguments: [
        ["cat"], ["tail"], ["status"], ["verify"], ["seal"], ["recover"], ["tables"],
        ["table", "sessions"], ["history"], ["show", "x"], ["rebuild"], ["cost"],
        ["cost", "--compat", "ccusage"], ["explain", "cost", "x"], ["prices", "list"],
        ["sql", "SELECT 1"], ["export", "sqlite", "x.db"], ["sessions"], ["latency"], ["errors"],
        ["prompts"], ["tools"], ["predict"], ["top"],
        ["trends"], ["why", "sessions", "x"], ["patterns", "list"], ["patterns", "recommend"],
        ["patterns", "predictions"], ["similar", "x"], ["quarantine"], ["bench"], ["scrub"],
        ["anchor"], ["compact"], ["archive", "--to", "x"], ["expire", "--older-than", "1d"],
        ["backup", "x"], ["erase", "--status"],
    ])
    func `reading makes no store and says so`(_ arguments: [String]) throws {
        let tacho = try Program()

        let result = try tacho.run(arguments)

        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("there is no store in \(tacho.store)"))
        #expect(!FileManager.default.fileExists(atPath: tacho.store))
    }

    @Test(arguments: [
        ["status"], ["verify"], ["verify", "--deep", "--replay"], ["tables"],
        ["tables", "sessions"],
        ["table", "workflow_history"], ["table", "sessions", "--limit", "0"], ["history"],
        ["show", "a1b2c3d4"], ["seal"], ["recover"], ["rebuild"], ["sql", "SELECT 1"],
        ["prompts"], ["tools"], ["predict"], ["top"],
        ["sessions"], ["cost"], ["latency"], ["errors"], ["trends"], ["prices", "list"],
        ["patterns", "list"], ["patterns", "recommend"], ["patterns", "predictions"],
        ["similar", "login"], ["why", "workflow_history", "feedbeef"], ["quarantine", "list"],
        ["bench", "--runs", "1"], ["scrub"], ["anchor"], ["compact"], ["erase", "--status"],
        ["status", "--memory"],
    ])
    func `every reading command has one JSON object`(_ arguments: [String]) throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run(arguments + ["--json"])

        #expect(result.status == 0, "\(result.errors)")
        let object = try result.json()
        #expect((object["schema"] as? String)?.hasPrefix("tacho.") == true)
        #expect(object["data"] != nil)
        #expect(object["warnings"] as? [String] == [])
        #expect(result.text.hasSuffix("}\n"))
    }

    @Test func `status names the fields that others read`() throws {
        let tacho = try Program()
        try tacho.append(["{}", "{}"])

        let data = try tacho.run("status", "--json").data()

        #expect(data["position"] as? Int == 2)
        #expect(data["durable_position"] as? Int == 2)
        #expect(data["segments"] as? Int == 1)
        #expect(data["bytes"] is Int)
    }

    @Test func `a store is found by option, environment, directory, and XDG, in this order`()
        throws
    {
        var tacho = try Program()
        let nested = tacho.home.file("project/a/b")
        let paths = FileManager.default
        try paths.createDirectory(atPath: nested, withIntermediateDirectories: true)
        let project = tacho.home.file("project/.tacho")
        try paths.createDirectory(atPath: project, withIntermediateDirectories: true)
        func store(_ arguments: [String] = []) throws -> String? {
            let input = Data("{}\n".utf8)
            _ = try tacho.run(["append", "--type", "t", "-q"] + arguments, input: input)
            return try tacho.run(["status", "--json"] + arguments).data()["store"] as? String
        }

        tacho.workingDirectory = nested
        #expect(try store(["--store", tacho.home.file("chosen/")]) == tacho.home.file("chosen"))
        #expect(try store() == tacho.store)
        tacho.environment["TACHO_STORE"] = ""
        #expect(try store()?.hasSuffix("/project/.tacho") == true)
        tacho.workingDirectory = tacho.home.path
        #expect(try store() == tacho.home.file(".local/share/tacho"))
        tacho.environment["XDG_DATA_HOME"] = tacho.home.file("data")
        #expect(try store() == tacho.home.file("data/tacho"))
    }

    @Test func `colour is off for pipes and on when it is asked for, unless NO_COLOR`() throws {
        var tacho = try Program()
        try SampleStore.fill(tacho)
        func isColored(_ arguments: String...) throws -> Bool {
            try tacho.run(["history"] + arguments).text.contains("\u{1B}[")
        }

        #expect(try !isColored())
        #expect(try isColored("--color", "always"))
        tacho.environment["FORCE_COLOR"] = "1"
        #expect(try isColored())
        #expect(try !isColored("--color", "never"))
        tacho.environment["NO_COLOR"] = "1"
        #expect(try !isColored())
    }

    @Test func `tacho alone says how the store is and what to do next`() throws {
        let tacho = try Program()

        let without = try tacho.run()
        try tacho.append(["{}"])
        let with = try tacho.run()

        #expect(without.status == 0)
        #expect(without.text.contains("No store yet"))
        #expect(with.status == 0)
        #expect(with.text.contains("1 event, 1 segment"))
        for text in [without.text, with.text] { #expect(text.contains("tacho import PATH…")) }
    }
}
