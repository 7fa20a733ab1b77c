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
