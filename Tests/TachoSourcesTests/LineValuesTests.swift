import TachoCapture
import TachoLog
import TachoSources
import TestSupport
import Testing

/// `3:{…}` for a value at offset 3, `!7+4 reason@9` for four bytes rejected at 7 with a fault at 9.
func describe(_ record: ScannedRecord) -> String {
    switch record {
    case .value(let bytes, let offset): "\(offset):\(String(decoding: bytes, as: UTF8.self))"
    case .rejected(let record):
        "!\(record.offset)+\(record.byteCount) \(record.reason.name)@\(record.faultOffset)"
    }
}

@Suite struct LineValuesTests {
    private func values(_ text: [UInt8]) throws -> [String] {
        var found: [String] = []
        _ = try text.withUnsafeBytes {
            try LineValues.forEach(in: $0, at: 100) { record in
                found.append(describe(record))
                return true
            }
        }
        return found
    }

    private func values(_ text: String) throws -> [String] { try values(Array(text.utf8)) }

    @Test func `a line is one record`() throws {
        #expect(try values("{\"a\":1}") == ["100:{\"a\":1}"])
        #expect(try values("  {\"a\":1} \r") == ["102:{\"a\":1}"])
        #expect(try values("") == [])
        #expect(try values(" \t\r") == [])
    }

    @Test func `glued records are several`() throws {
        #expect(try values("{\"a\":1}{\"b\":2}") == ["100:{\"a\":1}", "107:{\"b\":2}"])
        #expect(
            try values("{\"a\":1} {\"b\":2}{\"c\":3}")
                == ["100:{\"a\":1}", "108:{\"b\":2}", "115:{\"c\":3}"])
    }

    @Test func `what stands before a fault is kept, and the rest is one rejection`() throws {
        #expect(try values("{\"a\":1}x") == ["100:{\"a\":1}", "!107+1 unexpectedByte@107"])
        #expect(try values("{\"a\":1}{\"b\":") == ["100:{\"a\":1}", "!107+5 unexpectedEnd@112"])
        #expect(try values("nonsense") == ["!100+8 unexpectedByte@101"])
    }

    @Test func `a record glued to a torn one is found`() throws {
        // Torn behind a colon it could as well be a member: that one stays rejected.
        let whole = "{\"type\":\"user\",\"n\":{\"m\":2}}"
        for torn in [
            "{\"a\":1", "{\"a\":{\"b\":[1,2", "{\"a\":\"he", "{\"a\":\"he{\\\"", "{",
        ] {
            let found = try values(torn + whole)
            #expect(found.count == 2, "\(torn): \(found)")
            #expect(found.last == "\(100 + torn.utf8.count):\(whole)", "\(torn)")
        }
    }

    @Test func `a member of a broken record is not taken for a record`() throws {
        #expect(try values("{\"a\":{\"b\":1}").count == 1)
        #expect(try values("{\"a\":{\"b\":1},}").count == 1)
        #expect(try values("{\"a\":{\"b\":1} x}").count == 1)
        #expect(try values("{\"a\":01,\"c\":{\"b\":1}}").count == 1)
    }

    @Test func `every cut of a record is one rejection and no record`() throws {
        let record = Array(
            "{\"type\":\"user\",\"m\":{\"c\":[{\"t\":\"x\\u00e4\"},1.5e3,true,null]},\"ü\":\"{\\\"\"}"
                .utf8)
        for count in 1..<record.count {
            let found = try values(Array(record[..<count]))
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("!100+\(count) ") == true, "\(count): \(found)")
        }
    }

    @Test(
        arguments: [
            ([0x22, 0xFF, 0x22], "invalidUTF8"), (Array("\"\\ud800\"".utf8), "loneSurrogate"),
            ([0x00, 0x00], "unexpectedByte"),
            (Array("{\"a\":\"\u{0}\"}".utf8), "controlCharacterInString"),
            ([0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "unexpectedByte"),
            (Array("{\"a\" 1}".utf8), "unexpectedByte"),
            (Array("{\"a\":\"\\x\"}".utf8), "invalidEscape"), (Array("[01]".utf8), "invalidNumber"),
        ] as [([UInt8], String)])
    func `a fault has its name`(bytes: [UInt8], reason: String) throws {
        let found = try values(bytes)
        #expect(found.count == 1)
        #expect(found.first?.contains(" \(reason)@") == true, "\(found)")
    }

    @Test(arguments: [513, 1_000_000]) func `deep nesting is refused in linear time`(depth: Int)
        throws
    {
        for opening in ["[", "{\"a\":"] {
            let text = String(repeating: opening, count: depth)
            let found = try values(text)
            #expect(found.count == 1)
            #expect(found.first?.contains(" tooDeep@") == true)
        }
        let closed = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(try values(closed).first?.hasPrefix("100:[") == true)
    }
}
