import Foundation
import TestSupport
import Testing

@Suite struct EraseCommandTests {
    private func filled() throws -> Program {
        let program = try Program()
        let lines = (0..<20).map {
            #"{"stream":"s\#($0 % 4)-stream","type":"t","data":{"n":\#($0)}}"#
        }
        let input = Data((lines.joined(separator: "\n") + "\n").utf8)
        let result = try program.run("append", "--envelope", "--type", "t", input: input)
        try #require(result.status == 0, "\(result.errors)")
        return program
    }

    @Test func `what was erased is in no file, and the log is whole`() throws {
        let program = try filled()
        let plan = try program.run("erase", "--workflow", "s1-stream")
        #expect(plan.status == 0)
        #expect(plan.text.contains("5 events"))

        let done = try program.run("erase", "--workflow", "s1-stream", "--execute")
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.text.contains("proven"))

        let enumerator = FileManager.default.enumerator(atPath: program.store)
        while let name = enumerator?.nextObject() as? String {
            let bytes = FileManager.default.contents(atPath: program.store + "/" + name) ?? Data()
            #expect(bytes.range(of: Data("s1-stream".utf8)) == nil, "\(name)")
        }
        #expect(try program.run("cat").lines.filter { $0.contains("\"t\"") }.count == 15)
        #expect(try program.run("verify", "--deep", "--replay").status == 0)
        let status = try program.run("erase", "--status")
        #expect(status.text.contains("proven"))
    }

    @Test func `what is left somewhere ends with 4 and is named`() throws {
        let program = try filled()
        try Data("s1-stream".utf8).write(
            to: URL(fileURLWithPath: program.store + "/somebodys-notes"))

        let done = try program.run("erase", "--session", "s1-stream", "--execute")

        #expect(done.status == 4)
        #expect(done.text.contains("somebodys-notes"))
    }

    @Test(arguments: [
        ["erase"], ["erase", "--workflow", "a", "--session", "b"], ["erase", "--field", "data.x"],
        ["erase", "--stream", "tacho"], ["erase", "--workflow", ""],
        ["erase", "--status", "--execute"],
    ])
    func `a call that does not say what is refused`(arguments: [String]) throws {
        #expect(try Program().run(arguments).status == 2)
    }
}
