import Testing

@testable import TachoJSON

/// Accepted and rejected texts, in the manner of the JSON test suites.
@Suite struct GrammarTests {
    @Test(arguments: [
        "[]", "{}", "[ ]", "{ }", "\t\n\r []\r\n\t ", "\"\"", "\" \"", "0", "-0", "-0.0", "10",
        "-1",
        "0.5", "1e1", "1E1", "1e+1", "1e-1", "1.5E+10", "0e0", "1e400", "-1e-99999", "[1,2,3]",
        "123456789012345678901234567890", "0.1234567890123456789012345678901234567890", "true",
        "false", "null", "[true,false,null]", #"{"a":1,"a":1}"#, #"{"":{"":[]}}"#, "[[[[]]]]",
        #""\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\uABCD\uabcd""#, #""\uD800\uDC00""#,
        #""\uDBFF\uDFFF""#, #""\ud83d\uDE00 \uD83D\ude00""#, "\"\u{7F}\u{80}\u{7FF}\u{800}\"",
        "\"\u{D7FF}\u{E000}\u{FFFD}\u{FFFE}\u{FFFF}\"", "\"\u{10000}\u{10FFFF}\u{FEFF}\u{2028}\"",
        #""\uFFFE\uD7FF\uE000""#, #"{"a" : [ 1 , { "b" : null } ] , "c" : "d" }"#,
        "\"///''`<>&\"", "[-0,0e+0,0E-0]", #"["\\","\\\\","\\\""]"#,
    ])
    func `valid text is accepted`(json: String) {
        #expect(throws: Never.self) { try JSON.validate(Array(json.utf8)) }
    }

    @Test(
        arguments: [
            ("", .emptyInput, 0), (" \n\t\r", .emptyInput, 4),
            ("{", .unexpectedEnd, 1), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3), (#"{"a""#, .unexpectedEnd, 4),
            (#"{"a":"#, .unexpectedEnd, 5),
            (#"{"a":1"#, .unexpectedEnd, 6), ("\"", .unexpectedEnd, 1),
            ("\"abc", .unexpectedEnd, 4),
            ("\"a\\", .unexpectedEnd, 3), (#""\u12"#, .unexpectedEnd, 5),
            (#""\ud800"#, .unexpectedEnd, 7), (#""\ud800\u"#, .unexpectedEnd, 9),
            ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2),
            ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3),
            ("nul]", .unexpectedByte, 3), ("True", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
            ("[Infinity]", .unexpectedByte, 1), ("+1", .unexpectedByte, 0),
            (".5", .unexpectedByte, 0),
            ("'a'", .unexpectedByte, 0), ("[,]", .unexpectedByte, 1), ("[1,]", .unexpectedByte, 3),
            ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2), ("{]", .unexpectedByte, 1),
            (#"{"a":1]"#, .unexpectedByte, 6), (#"{"a":1,}"#, .unexpectedByte, 7),
            (#"{"a",1}"#, .unexpectedByte, 4), (#"{"a"1}"#, .unexpectedByte, 4),
            ("{1:1}", .unexpectedByte, 1), ("{a:1}", .unexpectedByte, 1),
            (#"{"a":}"#, .unexpectedByte, 5), (#"{"a"::1}"#, .unexpectedByte, 5),
            (#"{"a":1 "b":2}"#, .unexpectedByte, 7), (#"{,"a":1}"#, .unexpectedByte, 1),
            ("]", .unexpectedByte, 0), ("//x", .unexpectedByte, 0), ("[1/**/]", .unexpectedByte, 2),
            ("\u{FEFF}{}", .unexpectedByte, 0), ("\0", .unexpectedByte, 0),
            ("[\u{A0}1]", .unexpectedByte, 1), ("[1\u{C}]", .unexpectedByte, 2),
            ("[1.5.2]", .unexpectedByte, 4), ("[1e5.2]", .unexpectedByte, 4),
            ("[0x10]", .unexpectedByte, 2), ("[1_0]", .unexpectedByte, 2),
            ("01", .invalidNumber, 1), ("-01", .invalidNumber, 2), ("00", .invalidNumber, 1),
            ("-a", .invalidNumber, 1), ("[-]", .invalidNumber, 2), ("[1.]", .invalidNumber, 3),
            ("[1.e1]", .invalidNumber, 3), ("[1e]", .invalidNumber, 3),
            ("[1e+]", .invalidNumber, 4),
            ("--1", .invalidNumber, 1), ("-Infinity", .invalidNumber, 1),
            (#""\x41""#, .invalidEscape, 1), (#""ab\'""#, .invalidEscape, 3),
            (#""\u12G4""#, .invalidEscape, 1), (#""\u 123""#, .invalidEscape, 1),
            (#""\U0041""#, .invalidEscape, 1), (#""\ud800\uXYZW""#, .invalidEscape, 7),
            ("\"\\\n\"", .invalidEscape, 1), (#""12345678\9""#, .invalidEscape, 9),
            ("\"a\nb\"", .controlCharacterInString, 2), ("\"\t\"", .controlCharacterInString, 1),
            ("\"\0\"", .controlCharacterInString, 1),
            ("\"12345678\u{1F}\"", .controlCharacterInString, 9),
            (#"{"a\#n":1}"#, .controlCharacterInString, 3),
            (#""\ud800""#, .loneSurrogate, 1), (#""a\udc00""#, .loneSurrogate, 2),
            (#""\ud800x""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
            (#""\ud800\u0041""#, .loneSurrogate, 1), (#""\ud800\ud800\udc00""#, .loneSurrogate, 1),
            (#""\ud83d\ude00\ude00""#, .loneSurrogate, 13), (#"{"\udFFF":1}"#, .loneSurrogate, 2),
            ("{}{}", .trailingBytes, 2), ("{} []", .trailingBytes, 3), ("1 2", .trailingBytes, 2),
            ("nullx", .trailingBytes, 4), ("\"a\"\"b\"", .trailingBytes, 3),
            ("{},", .trailingBytes, 2),
            ("{}\0", .trailingBytes, 2), ("[]]", .trailingBytes, 2), ("1.5.2", .trailingBytes, 3),
        ] as [(String, JSONError.Reason, Int)])
    func `invalid text is rejected at the byte that is wrong`(
        json: String, reason: JSONError.Reason, offset: Int
    ) {
        let error = #expect(throws: JSONError.self) { try JSON.validate(Array(json.utf8)) }
        #expect(error == JSONError(reason, at: offset))
    }

    @Test(
        arguments: [
            ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xC2, 0x41], 0),
            ([0xE0, 0x80, 0x80], 0), ([0xE0, 0x9F, 0xBF], 0), ([0xED, 0xA0, 0x80], 0),
            ([0xED, 0xBF, 0xBF], 0), ([0xE2, 0x82], 0), ([0xEF, 0xBF, 0xC0], 0),
            ([0xF0, 0x80, 0x80, 0x80], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0),
            ([0xF4, 0x90, 0x80, 0x80], 0),
            ([0xF5, 0x80, 0x80, 0x80], 0), ([0xF0, 0x9F, 0x98], 0), ([0xFE], 0), ([0xFF], 0),
            ([0xC3, 0xA9, 0xC3], 2), ([0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0xFF], 8),
            ([0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0, 0x80], 4),
        ] as [([UInt8], Int)])
    func `bytes that are not UTF-8 are rejected at their first byte`(text: [UInt8], offset: Int) {
        for prefix in ["\"", "{\"", "[\"1234567"] {
            let json = Array(prefix.utf8) + text + Array("\"".utf8)
            let error = #expect(throws: JSONError.self) { try JSON.validate(json) }
            #expect(error == JSONError(.invalidUTF8, at: prefix.utf8.count + offset))
        }
    }

    @Test func `a sequence cut off by the end is an end and not an error in the text`() {
        for (bytes, reason, offset) in [
            ([0x22, 0xE2, 0x82], .unexpectedEnd, 3), ([0x22, 0xF0], .unexpectedEnd, 2),
            ([0x22, 0xE0, 0x9F], .invalidUTF8, 1),
        ] as [([UInt8], JSONError.Reason, Int)] {
            let error = #expect(throws: JSONError.self) { try JSON.validate(bytes) }
            #expect(error == JSONError(reason, at: offset))
        }
    }

    @Test func `every reason has a message of its own`() {
        let reasons = (UInt8.min...UInt8.max).compactMap(JSONError.Reason.init)
        #expect(Set(reasons.map(\.message)).count == 11)
    }
}
