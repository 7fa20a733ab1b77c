import TachoLog
import TachoSources
import Testing

@Suite struct DocumentReaderTests {
    private func records(_ text: String, _ form: RecordForm) throws -> [String] {
        var found: [String] = []
        _ = try Array(text.utf8).withUnsafeBytes {
            try DocumentReader.forEach(in: $0, form: form) { record in
                found.append(describe(record))
                return true
            }
        }
        return found
    }

    @Test func `an array's elements are its records`() throws {
        #expect(try records("[]", .array) == [])
        #expect(try records(" [ ] \n", .array) == [])
        #expect(try records("[{\"a\":1},{\"a\":2}]", .array) == ["1:{\"a\":1}", "9:{\"a\":2}"])
        #expect(try records("\u{FEFF}[{}]", .array) == ["4:{}"])
        #expect(try records("[\n  {\n  }\n]\n", .array) == ["4:{\n  }"])
        #expect(try records("[1,\"x\",[2]]", .array) == ["1:1", "3:\"x\"", "7:[2]"])
    }

    @Test func `objects in a row are records, with anything blank between them`() throws {
        #expect(try records("{\n}\n{\n}\n\n{}{}", .rows) == ["0:{\n}", "4:{\n}", "9:{}", "11:{}"])
        #expect(try records("\u{FEFF}{}\r\n", .rows) == ["3:{}"])
    }

    @Test func `an array that was cut off keeps what is whole`() throws {
        #expect(
            try records("[\n  {\"a\":1},\n  {\"a\":", .array)
                == ["4:{\"a\":1}", "!15+5 unexpectedEnd@20"])
        #expect(try records("[{\"a\":1}", .array) == ["1:{\"a\":1}", "!8+0 unexpectedEnd@8"])
        #expect(try records("[{\"a\":1},", .array) == ["1:{\"a\":1}", "!9+0 emptyInput@9"])
        #expect(try records("[", .array) == ["!1+0 unexpectedEnd@1"])
    }

    @Test func `behind a broken element the next is found by its indent`() throws {
        let text =
            "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": x\n  },\n  {\n    \"c\": 3\n  }\n]\n"
        let found = try records(text, .array)
        #expect(found.count == 3)
        #expect(found[0].contains("\"a\""))
        #expect(found[1].hasSuffix("unexpectedByte@35"))
        #expect(found[2].contains("\"c\""))
    }

    @Test func `an element without its end does not take the next one with it`() throws {
        let text =
            "[\n  {\n    \"a\": [\n      1,\n  {\n    \"b\": 2\n  },\n  {\n    \"c\": 3\n  }\n]\n"
        let found = try records(text, .array)
        #expect(found.map { $0.hasPrefix("!") } == [true, false, false])
    }

    @Test func `a lost comma loses nothing`() throws {
        #expect(try records("[{\"a\":1}{\"a\":2}]", .array) == ["1:{\"a\":1}", "8:{\"a\":2}"])
    }

    @Test func `what a longer, older array left behind the end is one rejection`() throws {
        let found = try records("[\n  {\"a\":1}\n]\n  {\"b\":2}\n]", .array)
        #expect(found.count == 2)
        #expect(found[1].contains("trailingBytes"))
    }

    @Test func `broken rows leave those around them`() throws {
        let found = try records("{\n \"a\": 1\n}\n{\n \"b\": \n}\n{\n \"c\": 3\n}\n", .rows)
        #expect(found.map { $0.hasPrefix("!") } == [false, true, false])
    }

    @Test func `many broken elements cost linear time`() throws {
        let element = "\n  {\"a\":[1,"
        let text = "[" + String(repeating: element, count: 200_000)
        let start = ContinuousClock.now
        let found = try records(text, .array)
        #expect(!found.isEmpty)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
