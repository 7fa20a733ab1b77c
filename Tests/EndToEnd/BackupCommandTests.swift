import Foundation
import TestSupport
import Testing

@Suite struct BackupCommandTests {
    private func filled() throws -> Program {
        let program = try Program()
        let input = Data((0..<40).map { "{\"n\":\($0)}\n" }.joined().utf8)
        try #require(try program.run("append", "--type", "t", input: input).status == 0)
        try #require(try program.run("seal").status == 0)
        try #require(try program.run("append", "--type", "t", input: input).status == 0)
        return program
    }

    @Test func `a backup is restored to the same events and the same chain`() throws {
        let program = try filled()
        let (copy, new) = (program.store + "-copy", program.store + "-new")
        let before = try program.run("cat").lines
        #expect(try program.run("backup", copy).status == 0)

        let restored = try program.run("restore", copy, "--to", new, "--json")

        #expect(restored.status == 0, "\(restored.errors)")
        #expect(try program.run("cat", "--store", new).lines.dropLast() == before[...])
        #expect(try program.run("verify", "--deep", "--store", new).status == 0)
        // Both operations are part of the stores' histories.
        #expect(try program.run("tail", "-n", "1").text.contains("tacho.backed_up"))
        #expect(try program.run("tail", "-n", "1", "--store", new).text.contains("tacho.restored"))
        #expect(try program.run("restore", copy, "--to", new).status == 4)
    }

    /// Names of the store itself, and of places in it.
    static let inside = [
        "", "/", "/log", "/copy", "/none/../log/", "/../store", "-link", "-link/log",
        "-none/../store", "-none/../store-link/log",
    ]

    @Test(arguments: inside)
    func `neither a backup nor an archive is made in the store itself`(_ place: String) throws {
        let program = try filled()
        try FileManager.default.createSymbolicLink(
            atPath: program.store + "-link", withDestinationPath: program.store)
        let before = try program.run("cat").output
        let files = try FileManager.default.subpathsOfDirectory(atPath: program.store)
        let target = program.store + place

        let backup = try program.run("backup", target)
        let plan = try program.run("archive", "--to", target)
        let archive = try program.run("archive", "--to", target, "--execute")

        for result in [backup, plan, archive] {
            #expect(result.status == 4, "\(result.text)\(result.errors)")
            #expect(result.errors.contains("Nothing was changed"), "\(result.errors)")
        }
        #expect(try program.run("cat").output == before)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: program.store) == files)
        #expect(try program.run("verify", "--deep").status == 0)
    }

    @Test func `places beside the store, and named like it, are as good as any`() throws {
        var program = try filled()
        program.workingDirectory = program.home.path
        try FileManager.default.createDirectory(
            atPath: program.home.file("store-old"), withIntermediateDirectories: true)

        #expect(try program.run("backup", "store-old").status == 0)
        #expect(try program.run("archive", "--to", "store.cold/2026", "--execute").status == 0)
        #expect(try program.run("cat", "--type", "t").lines.count == 80)
        let missing = try program.run("restore", "nowhere", "--to", "new")
        #expect(missing.status == 1 && missing.errors.contains("there is no directory nowhere"))
    }

    @Test(arguments: ["archive", "expire"])
    func `an age says of what it is, where events go by it`(_ command: String) throws {
        let program = try filled()
        let arguments = [command] + (command == "archive" ? ["--to", program.store + "-cold"] : [])

        let bare = try program.run(arguments + ["--older-than", "90"])
        let whole = try program.run(arguments + ["--older-than", "90d"])
        let now = try program.run(arguments + ["--older-than", "0"])

        #expect(bare.status == 2 && bare.errors.contains("with s, m, h, d, or w behind it"))
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(now.status == 0 && now.errors.contains("--execute"), "\(now.text)\(now.errors)")
    }

    @Test func `a backup that has rotted is restored as far as it goes, with exit code 5`() throws {
        let program = try filled()
        let (copy, new) = (program.store + "-copy", program.store + "-new")
        #expect(try program.run("backup", copy).status == 0)
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: copy + "/log")
                .first { $0.hasSuffix(".lz4") })
        let url = URL(fileURLWithPath: copy + "/log/" + name)
        var bytes = try Data(contentsOf: url)
        bytes[40] ^= 0xFF
        try bytes.write(to: url)

        let restored = try program.run("restore", copy, "--to", new)

        #expect(restored.status == 5)
        #expect(restored.errors.contains(name))
        #expect(try program.run("cat", "--from", "41", "--store", new).lines.count == 41)
    }
}
