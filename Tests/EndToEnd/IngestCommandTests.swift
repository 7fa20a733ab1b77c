import Foundation
import TestSupport
import Testing

struct IngestCommandTests {
    private static let payload = Data(
        "{\"hook_event_name\":\"Stop\",\"session_id\":\"s1\",\"cwd\":\"/project\"}".utf8)

    @Test func `an import counts every record once and adds nothing the second time`() throws {
        let tacho = try Program()
        let sample = SampleData.bundled

        let first = try tacho.run("import", sample, "--json")
        let second = try tacho.run("import", sample, "--json")

        let data = try first.data()
        #expect(first.status == ((data["rejected"] as? Int ?? 0) > 0 ? 65 : 0))
        #expect((data["new"] as? Int).map { $0 > 100 } == true)
        let again = try second.data()
        for data in [data, again] {
            let parts = ["new", "duplicates", "conflicts", "rejected"].map { data[$0] as? Int ?? 0 }
            #expect(data["records"] as? Int == parts.reduce(0, +))
        }
        #expect(again["new"] as? Int == 0)
        #expect(try tacho.run("status", "--json").data()["position"] as? Int == data["new"] as? Int)
        let files = try #require(data["files"] as? [[String: Any]])
        for file in files where file["records"] as? Int == 0 {
            #expect(file["skipped"] is String || file["kind"] as? String == "adw-directory")
        }
    }

    @Test func `only what is new is read, and all of it again into a store that went back`() throws
    {
        let tacho = try Program()
        let path = tacho.home.file("log.jsonl")
        let line = String(decoding: Self.payload, as: UTF8.self) + "\n"
        try Data(line.utf8).write(to: URL(filePath: path))
        _ = try tacho.run("import", path)
        let copy = tacho.home.file("copy")
        try FileManager.default.copyItem(atPath: tacho.store, toPath: copy)
        try Data((line + line).utf8).write(to: URL(filePath: path))

        let grown = try tacho.run("import", path, "--json").data()
        let whole = try tacho.run("import", path, "--rescan", "--json").data()
        try FileManager.default.copyItem(
            atPath: tacho.store + "/SOURCES", toPath: copy + "/SOURCES.new")
        try FileManager.default.removeItem(atPath: tacho.store)
        try FileManager.default.moveItem(atPath: copy, toPath: tacho.store)
        try? FileManager.default.removeItem(atPath: tacho.store + "/SOURCES")
        try FileManager.default.moveItem(
            atPath: tacho.store + "/SOURCES.new", toPath: tacho.store + "/SOURCES")
        let restored = try tacho.run("import", path, "--json").data()

        #expect(grown["known_bytes"] as? Int == line.utf8.count && grown["new"] as? Int == 1)
        #expect(whole["known_bytes"] as? Int == 0 && whole["duplicates"] as? Int == 2)
        #expect(restored["known_bytes"] as? Int == 0 && restored["new"] as? Int == 1)
    }

    @Test func `a rejected record is told with its place, and the rest is imported`() throws {
        let tacho = try Program()
        let path = tacho.home.file("hooks.jsonl")
        let good = "{\"hook_event_name\":\"Stop\",\"session_id\":\"s1\"}\n"
        try Data((good + "{\"hook_event\n" + good).utf8).write(to: URL(fileURLWithPath: path))

        let result = try tacho.run("import", path)

        #expect(result.status == 65)
        #expect(result.errors.contains("hooks.jsonl, byte \(good.utf8.count + 12)"))
        #expect(result.errors.contains("3 records = 2 new + 0 there already + 1 rejected"))
        #expect(try tacho.run("cat").positions() == [1, 2])
    }

    @Test func `a file that is no log is named with the reason, and the exit code is 65`() throws {
        let tacho = try Program()
        let path = tacho.home.file("picture.png")
        try Data([0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 0]).write(to: URL(fileURLWithPath: path))

        let result = try tacho.run("import", path)
        let missing = try tacho.run("import", tacho.home.file("nothing"))

        #expect(result.status == 65)
        #expect(result.errors.contains("picture.png: not a log of an agent"))
        #expect(missing.status == 1)
        #expect(missing.errors.contains("nothing"))
    }

    @Test func `a kind that does not exist is a wrong call`() throws {
        let tacho = try Program()

        let result = try tacho.run("import", "x", "--as", "novel")

        #expect(result.status == 2)
        #expect(result.errors.contains("transcript"))
    }

    @Test func `a followed directory's new records come into the log as they are written`() throws {
        let tacho = try Program()
        let directory = tacho.home.file("logs")
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let sync = tacho.process(["sync", directory, "--follow"])
        let pipe = Pipe()
        sync.standardOutput = pipe
        sync.standardError = FileHandle.nullDevice
        try Self.payload.write(to: URL(fileURLWithPath: directory + "/stop.json"))
        try sync.run()
        var lines = LineReader(pipe.fileHandleForReading)
        _ = lines.next()
        _ = lines.next()

        let other = Data("{\"hook_event_name\":\"SessionEnd\",\"session_id\":\"s1\"}".utf8)
        try other.write(to: URL(fileURLWithPath: directory + "/session_end.json"))
        let change = lines.next()
        sync.terminate()
        sync.waitUntilExit()

        #expect(change?.hasSuffix("1 new event") == true)
        #expect(try tacho.run("cat").positions() == [1, 2])
    }

    @Test func `what a conflict is stands where conflicts are counted`() throws {
        let tacho = try Program()
        let line = "{\"type\":\"user\",\"sessionId\":\"s\",\"uuid\":\"u\",\"message\":{}}\n"
        let path = tacho.home.file("s.jsonl")
        try Data((line + line.replacing("{}", with: "{\"n\":1}")).utf8)
            .write(to: URL(fileURLWithPath: path))

        let result = try tacho.run("import", path)

        #expect(result.status == 65 && result.errors.contains("1 new + 0 there already + 1 conf"))
        #expect(result.errors.contains("has the id of another event, which stays"))
    }

    @Test func `a path that is not there is told as it was meant, once`() throws {
        let tacho = try Program()

        let result = try tacho.run("import", "no/such.jsonl")

        #expect(result.status == 1)
        let place = tacho.home.path + "/no/such.jsonl"
        #expect(
            result.errors.hasSuffix(
                "tacho: \(place): it could not be read: No such file or directory\n"))
    }

    @Test func `what hooks put into the spool is taken in while a directory is followed`() throws {
        let tacho = try Program()
        let directory = tacho.home.file("logs")
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try Self.payload.write(to: URL(fileURLWithPath: directory + "/stop.json"))
        let follow = tacho.process(["import", directory, "--follow"])
        let pipe = Pipe()
        follow.standardOutput = pipe
        follow.standardError = FileHandle.nullDevice
        try follow.run()
        var lines = LineReader(pipe.fileHandleForReading)
        _ = lines.next()
        _ = lines.next()

        // As a hook does that did not get the log in time.
        let name = "0193a000-0000-7000-8000-000000000001"
        let spooled = """
            {"id":"\(name)","store":"\(tacho.store)","time":"2026-01-01T00:00:00.000Z",\
            "stream":"s1","type":"hook.Stop","source":"claude-code/hook","data":{"hook_event_name":"Stop","session_id":"s1"}}
            """
        let file = tacho.store + "/spool/\(name).json"
        try Data((spooled + "\n").utf8).write(to: URL(fileURLWithPath: file + ".tmp"))
        try FileManager.default.moveItem(atPath: file + ".tmp", toPath: file)
        let change = lines.next()
        follow.terminate()
        follow.waitUntilExit()

        #expect(change?.hasSuffix("1 new event") == true)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try tacho.run("cat").positions() == [1, 2])
    }

    @Test func `a followed file's half line is waited for, a broken one told with its place`()
        throws
    {
        let tacho = try Program()
        let directory = tacho.home.file("logs")
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let line = "{\"hook_event_name\":\"Stop\",\"session_id\":\"s1\"}\n"
        func append(_ name: String, _ text: String) throws {
            let path = directory + "/" + name
            if !FileManager.default.fileExists(atPath: path) { _ = try Program.newFile(path) }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        }
        try append("hooks.jsonl", line)
        let follow = tacho.process(["import", directory, "--follow"])
        let (output, errors) = (Pipe(), Pipe())
        follow.standardOutput = output
        follow.standardError = errors
        try follow.run()
        var lines = LineReader(output.fileHandleForReading)
        _ = lines.next()
        _ = lines.next()

        try append("hooks.jsonl", String(line.prefix(20)))
        try append("other.jsonl", line.replacing("Stop", with: "SessionEnd"))
        let half = lines.next()
        try append("hooks.jsonl", String(line.dropFirst(20)))
        let whole = lines.next()
        try append("hooks.jsonl", "broken\n" + line)
        let broken = lines.next()
        follow.terminate()
        follow.waitUntilExit()
        let told = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)

        #expect(half?.hasSuffix("1 new event") == true)
        #expect(whole?.hasSuffix("1 new event") == true)
        #expect(broken?.hasSuffix("1 new event, 1 rejected") == true)
        #expect(told.contains("hooks.jsonl, byte \(2 * line.utf8.count): "))
    }

    @Test(arguments: [
        ["import", "x.jsonl", "--follow", "--csv"], ["import", "x", "-f", "--dry-run"],
    ])
    func `following what cannot go on is a wrong call`(_ arguments: [String]) throws {
        #expect(try Program().run(arguments).status == 2)
    }

    @Test(arguments: [[], ["--no-such-option"], ["extra", "words"]])
    func `a hook call is recorded, exits with 0, and prints nothing`(_ arguments: [String])
        throws
    {
        let tacho = try Program()

        let result = try tacho.run(["hook"] + arguments, input: Self.payload)

        #expect(result.status == 0)
        #expect(result.output.isEmpty)
        #expect(result.errors.isEmpty)
        let lines = try tacho.run("cat", "--type", "hook.Stop").lines
        #expect(lines.count == 1)
        #expect(lines.first?.contains("\"stream\":\"s1\"") == true)
    }

    @Test func `what waits in the spool for another store is no matter of this one`() throws {
        let tacho = try Program()
        try tacho.append(["{}"])
        var other = tacho
        // A store that cannot be made, and a spool that both share.
        other.environment["TACHO_STORE"] = "/dev/null/a \"b\\"
        #expect(try other.run("hook", input: Self.payload).status == 0)

        let spool = tacho.home.file(".local/state/tacho/spool")
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).count == 1)
        #expect(try tacho.run("status", "--json").data()["spooled"] as? Int == 0)
        #expect(!(try tacho.run("doctor").text.contains("spool")))
    }

    @Test func `what a hook could not write comes into the log with the next append`() throws {
        let tacho = try Program()
        try tacho.append(["{}"])
        let files = FileManager.default
        // A directory in place of the head: nobody, not even root, can append.
        try files.moveItem(atPath: tacho.store + "/HEAD", toPath: tacho.store + "/HEAD.away")
        try files.createDirectory(
            atPath: tacho.store + "/HEAD", withIntermediateDirectories: false)

        let hook = try tacho.run("hook", input: Self.payload)
        try files.removeItem(atPath: tacho.store + "/HEAD")
        try files.moveItem(atPath: tacho.store + "/HEAD.away", toPath: tacho.store + "/HEAD")
        let spooled = try tacho.run("status", "--json").data()["spooled"] as? Int
        let append = try tacho.append(["{}"])

        #expect(hook.status == 0)
        #expect(hook.output.isEmpty)
        #expect(spooled == 1)
        #expect(append.errors.contains("1 event taken in from the spool"))
        #expect(try tacho.run("cat", "--type", "hook.*").lines.count == 1)
        #expect(try tacho.run("status", "--json").data()["spooled"] as? Int == 0)
    }
}
