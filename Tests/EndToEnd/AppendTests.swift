import Foundation
import TachoLog
import TestSupport
import Testing

struct AppendTests {
    struct BadLine: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        /// Of the fault, in the line.
        let offset: Int

        init(_ name: String, _ text: String, at offset: Int) {
            self.init(name, Array(text.utf8), at: offset)
        }

        init(_ name: String, _ bytes: [UInt8], at offset: Int) {
            testDescription = name
            self.bytes = bytes
            self.offset = offset
        }
    }

    static let badLines = [
        BadLine("empty", "", at: 0),
        BadLine("blank", "   ", at: 3),
        BadLine("binary", [0x00, 0xFF, 0x7F, 0x45, 0x4C, 0x46], at: 0),
        BadLine("truncated", "{\"a\":[1,2", at: 9),
        BadLine(
            "invalid UTF-8", Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), at: 6),
        BadLine("an array", "[1]", at: 0),
        BadLine("a string", "\"text\"", at: 0),
        BadLine("a number", "17", at: 0),
        BadLine("null", "null", at: 0),
        BadLine("lone surrogate", "{\"a\":\"\\ud800\"}", at: 6),
        BadLine("two objects", "{\"a\":1}{\"b\":2}", at: 7),
        BadLine("a byte order mark", "\u{FEFF}{\"a\":1}", at: 0),
        BadLine("a raw control character", "{\"a\":\"\u{1}\"}", at: 6),
        BadLine(
            "deep nesting",
            "{\"a\":" + String(repeating: "[", count: 100_000)
                + String(repeating: "]", count: 100_000) + "}", at: 516),
    ]

    @Test(arguments: badLines)
    func `a bad line is located and counted, and the good ones beside it are kept`(
        _ bad: BadLine
    ) throws {
        let tacho = try Program()
        let good = "{\"n\":1}\n"
        let input = Data(good.utf8) + Data(bad.bytes) + Data("\n{\"n\":2}\n".utf8)

        let result = try tacho.run("append", "--type", "t", "--json", input: input)

        #expect(result.status == 65)
        let data = try result.data()
        #expect(data["appended"] as? Int == 2)
        #expect(data["rejected"] as? Int == 1)
        #expect(data["lines"] as? Int == 3)
        let reject = try #require((data["rejects"] as? [[String: Any]])?.first)
        #expect(reject["line"] as? Int == 2)
        #expect(reject["offset"] as? Int == good.utf8.count + bad.offset)
        #expect(result.errors.contains("line 2, byte \(good.utf8.count + bad.offset)"))
        #expect(try tacho.run("cat").positions() == [1, 2])
        #expect(data["quarantined"] as? Int == 1)
        let kept = try #require(try tacho.rejected(by: result).first)
        #expect(kept["source"] as? String == "tacho/append")
        #expect(kept["kind"] as? String == "append")
        #expect(kept["message"] as? String == reject["reason"] as? String)
        #expect(kept["offset"] as? Int == good.utf8.count)
        #expect(kept["fault_offset"] as? Int == good.utf8.count + bad.offset)
        #expect(kept["byte_count"] as? Int == bad.bytes.count)
        #expect(kept["sha256"] as? String == SHA256.hash(bad.bytes).hex)
    }

    @Test func `append and import keep the same bad line in the same form`() throws {
        let tacho = try Program()
        let lines = "{\"n\":1}\n{\"n\":tru}\n[2]\n"
        let path = tacho.home.file("lines.ndjson")
        try Data(lines.utf8).write(to: URL(filePath: path))

        let appended = try tacho.run("append", "--type", "t", "--json", input: Data(lines.utf8))
        let imported = try tacho.run("import", path, "--as", "ndjson")

        #expect(appended.status == 65 && imported.status == 65)
        let directory = "\(tacho.store)/quarantine"
        let files = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(files.count == 2)
        let ownKeys: Set = ["recorded", "source", "kind"]
        let kept = try files.map { file in
            try tacho.rejected(in: file).map { line in
                line.filter { !ownKeys.contains($0.key) }.mapValues { "\($0)" }
            }
        }
        #expect(kept.first?.count == 2)
        #expect(kept.first == kept.last)
    }

    @Test func `lines refused by one run after another are all kept`() throws {
        let tacho = try Program()

        let first = try tacho.run("append", "--type", "t", "--json", input: Data("x\n".utf8))
        let second = try tacho.run("append", "--type", "t", "--json", input: Data("x\n".utf8))

        #expect(try first.data()["quarantined"] as? Int == 1)
        #expect(try tacho.rejected(by: second).map { $0["text"] as? String } == ["x", "x"])
    }

    @Test func `a refused line that cannot be kept is told`() throws {
        let tacho = try Program()
        try tacho.append(["{}"])
        let directory = "\(tacho.store)/quarantine"
        try FileManager.default.removeItem(atPath: directory)
        try Data().write(to: URL(filePath: directory))

        let result = try tacho.run("append", "--type", "t", "--json", input: Data("x\n{}\n".utf8))

        #expect(result.status == 65)
        #expect(try result.data()["rejected"] as? Int == 1)
        #expect(try result.data()["quarantined"] as? Int == 0)
        #expect(try result.data()["quarantine"] is NSNull)
        #expect(
            try result.json()["warnings"] as? [String]
                == ["1 of the rejected lines could not be kept"])
    }

    @Test func `a line of 100 MB is refused in bounded memory, and what follows it is kept`()
        throws
    {
        let tacho = try Program()
        let path = tacho.home.file("huge")
        let file = try Program.newFile(path)
        try file.write(contentsOf: Data("{\"n\":1}\n{\"huge\":\"".utf8))
        let piece = Data(repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<100 { try file.write(contentsOf: piece) }
        try file.write(contentsOf: Data("\"}\n{\"n\":2}\n".utf8))
        try file.close()

        let result = try tacho.run(["append", "--type", "t", "--json"], inputFile: path)

        #expect(result.status == 65)
        let data = try result.data()
        #expect(data["appended"] as? Int == 2)
        #expect(data["rejected"] as? Int == 1)
        let reject = try #require((data["rejects"] as? [[String: Any]])?.first)
        #expect(reject["line"] as? Int == 2)
        #expect(reject["reason"] as? String == "the record has more than 16 MiB")
        let kept = try #require(try tacho.rejected(by: result).first)
        #expect(kept["byte_count"] as? Int == 104_857_611)
        var digest = SHA256Hasher()
        Array("{\"huge\":\"".utf8).withUnsafeBytes { digest.update($0) }
        for _ in 0..<100 { piece.withUnsafeBytes { digest.update($0) } }
        Array("\"}".utf8).withUnsafeBytes { digest.update($0) }
        #expect(kept["sha256"] as? String == digest.finish().hex)
        #expect((kept["text"] as? String)?.utf8.count == 64 << 10)
    }

    @Test func `an empty input is an error of its own`() throws {
        let tacho = try Program()

        let result = try tacho.run("append", "--type", "t")

        #expect(result.status == 65)
        #expect(result.errors.contains("the input is empty"))
        let directory = "\(tacho.store)/quarantine"
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    @Test func `a last line needs no newline, and a carriage return is no part of the data`()
        throws
    {
        let tacho = try Program()

        let result = try tacho.run(
            "append", "--type", "t", input: Data("{\"n\":1}\r\n {\"n\": 2}".utf8))

        #expect(result.status == 0)
        let lines = try tacho.run("cat").lines
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix("\"data\":{\"n\":1}}") == true)
        #expect(lines.last?.hasSuffix("\"data\":{\"n\": 2}}") == true)
    }

    @Test func `a byte order mark in front is no part of the first event`() throws {
        let tacho = try Program()
        let mark = Data([0xEF, 0xBB, 0xBF])

        let result = try tacho.run(
            "append", "--type", "t", "--json",
            input: mark + Data("{\"n\":1}\n".utf8) + mark + Data("{\"n\":2}\n".utf8))

        #expect(result.status == 65)
        let rejects = try result.data()["rejects"] as? [[String: Any]]
        #expect(rejects?.map { $0["offset"] as? Int } == [11])
        let lines = try tacho.run("cat").lines
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("\"data\":{\"n\":1}}") == true)
    }

    @Test func `what cat prints can be appended to another store, twice without effect`() throws {
        let tacho = try Program()
        let other = tacho.home.file("other")
        try tacho.append(["{\"n\":1}", "{\"b\":\"\\u00e9 ü\", \"a\":1.50}"])
        let lines = try tacho.run("cat")

        let first = try tacho.run("append", "--envelope", "--store", other, input: lines.output)
        let second = try tacho.run(
            "append", "--envelope", "--store", other, "--json", input: lines.output)

        #expect(first.status == 0)
        #expect(second.status == 0)
        #expect(try second.data()["duplicates"] as? Int == 2)
        #expect(try second.data()["appended"] as? Int == 0)
        func withoutRecorded(_ result: Program.Result) -> [String] {
            result.lines.map { $0.replacing(#/"recorded":"[^"]*"/#, with: "") }
        }
        let copy = try tacho.run("cat", "--store", other)
        #expect(withoutRecorded(copy) == withoutRecorded(lines))
    }

    @Test func `another event with a known id is refused, and the first one stays`() throws {
        let tacho = try Program()
        let lines = """
            {"id":"x","type":"t","data":{"n":1}}
            {"id":"x","type":"t","data":{"n":2}}
            {"id":"x","type":"t","data":{"n":1}}

            """

        let result = try tacho.run("append", "--envelope", "--json", input: Data(lines.utf8))

        #expect(result.status == 65)
        let data = try result.data()
        #expect(data["appended"] as? Int == 1)
        #expect(data["duplicates"] as? Int == 1)
        #expect(data["rejected"] as? Int == 1)
        #expect(result.errors.contains("position 1"))
        let kept = try #require(try tacho.rejected(by: result).first)
        #expect(kept["reason"] as? String == "conflict")
        #expect(kept["message"] as? String == "another event has the id \"x\", at position 1")
        #expect(kept["text"] as? String == "{\"n\":2}")
    }

    @Test(arguments: [
        "{\"type\":\"t\"}", "{\"data\":{}}", "{\"type\":1,\"data\":{}}",
        "{\"type\":\"t\",\"data\":[]}", "{\"type\":\"t\",\"data\":{},\"time\":\"yesterday\"}",
        "{\"type\":\"t\",\"data\":{},\"time\":\"0000-01-01T00:00:00Z\"}",
        "{\"type\":\"t\",\"data\":{},\"time\":\"9999-12-31T23:59:59-05:00\"}",
        "{\"type\":\"t\",\"data\":{},\"version\":\"1\"}",
        "{\"type\":\"t\",\"data\":{},\"colour\":\"red\"}",
        "{\"type\":\"a\\nb\",\"data\":{}}", "{\"type\":\"\",\"data\":{}}",
    ])
    func `an envelope with a fault is refused as a whole`(_ line: String) throws {
        let tacho = try Program()

        let result = try tacho.run("append", "--envelope", input: Data((line + "\n").utf8))

        #expect(result.status == 65)
        #expect(try tacho.run("cat").output.isEmpty)
    }
}

extension Program {
    /// The lines of the quarantine's file that a receipt of `tacho append` names.
    fileprivate func rejected(by receipt: Result) throws -> [[String: Any]] {
        try rejected(in: #require(try receipt.data()["quarantine"] as? String))
    }

    fileprivate func rejected(in file: String) throws -> [[String: Any]] {
        let lines = try String(contentsOfFile: "\(store)/quarantine/\(file)", encoding: .utf8)
        return try lines.split(separator: "\n").map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }
}
