import Foundation
import TestSupport
import Testing

@Suite struct StatusCommandTests {
    private func filled() throws -> Program {
        let program = try Program()
        let input = Data((0..<40).map { "{\"n\":\($0)}\n" }.joined().utf8)
        try #require(try program.run("append", "--type", "t", input: input).status == 0)
        return program
    }

    @Test func `limits that hold say nothing, and one that is broken ends with 4`() throws {
        let program = try filled()

        let fine = try program.run("status", "--max", "undurable=0", "--min", "position=40")
        #expect(fine.status == 0 && fine.errors.isEmpty)
        let broken = try program.run("status", "--max", "position=39", "--min", "free_bytes=1")
        #expect(broken.status == 4)
        #expect(broken.errors.contains("position is 40, more than 39"))
    }

    @Test func `asked quietly for limits it only says which one is broken`() throws {
        let program = try filled()

        let fine = try program.run("status", "-q", "--min", "position=40")
        #expect(fine.status == 0 && fine.text.isEmpty && fine.errors.isEmpty)
        let broken = try program.run("status", "-q", "--max", "backup_seconds_ago=90000")
        #expect(broken.status == 4 && broken.text.isEmpty)
        #expect(broken.errors == "tacho: backup_seconds_ago is not known\n")
        #expect(try program.run("status", "-q").text.contains("position"))
    }

    @Test func `what was never done breaks a limit on how long ago it was`() throws {
        let program = try filled()
        let limits = ["--max", "backup_seconds_ago=3600", "--max", "verified_seconds_ago=3600"]
        #expect(try program.run(["status"] + limits).status == 4)

        #expect(try program.run("backup", program.store + "-copy").status == 0)
        #expect(try program.run("scrub").status == 0)

        #expect(try program.run(["status"] + limits).status == 0)
    }

    @Test(arguments: ["position", "position=x", "=1", "position=nan"])
    func `a limit that is none is refused`(limit: String) throws {
        #expect(try filled().run("status", "--max", limit).status == 2)
    }

    @Test func `a limit on what status does not tell names what it tells`() throws {
        let result = try filled().run("status", "--max", "nothing=1")

        #expect(result.status == 2)
        #expect(result.errors.contains("nothing is nothing that status tells; it has position, "))
    }

    @Test func `a limit on what is no number is refused`() throws {
        let result = try filled().run("status", "--max", "store=1")

        #expect(result.status == 2)
        #expect(result.errors.contains("store is not a number"))
    }
}
