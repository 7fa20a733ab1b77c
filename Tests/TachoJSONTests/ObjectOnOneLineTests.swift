import Testing

@testable import TachoJSON

@Suite struct ObjectOnOneLineTests {
    /// Whether this processor has what it takes; elsewhere all is left to the walk.
    private static let canTell = JSON.isObjectOnOneLine(Array("{}".utf8))

    @Test(
        .enabled(if: canTell),
        arguments: [
            #"{}"#, #"{ }"#, #"{"a":{}}"#, #"{"a":[]}"#, #"{"a":[[],{},[{}]],"b":{"c":[1,2]}}"#,
            #"{"a":-0.5e+3,"b":0,"c":-0,"d":10,"e":1E9,"f":true,"g":false,"h":null}"#,
            "{ \"a\" :\t1 , \"b\" : [ 1 , \"x\" , { \"c\" : null } ] }",
            #"{"":"","\"":"\\","\\\"":"\/\b\f\n\r\t\u00e9\uD7FF\uE000"}"#, #"{"é":"😀 \u2014"}"#,
            #"{"a":"{\"b\":[1,2"}"#, #"{"a":1,"a":2}"#,
        ])
    func `an object is told at every place of its bytes in the blocks`(object: String) {
        // What stands in front moves all else through the blocks, over their borders.
        for byteCount in 0..<140 {
            let front = #"{"\#(String(repeating: "x", count: byteCount))":"#
            let bytes = Array((front + object + "}").utf8)
            #expect((try? JSON.validate(bytes)) == .object)
            #expect(JSON.isObjectOnOneLine(bytes), "\(byteCount) bytes in front")
            #expect(JSON.isObjectOnOneLine(bytes, width: 32), "\(byteCount) bytes in front")
        }
    }

    @Test(arguments: [
        "", "{", "}", "{]", "[]", "1", " {}", "{} ", "{}{}", "{}}", "{\n}", "{\"a\":\"\n\"}",
        #"{"a"}"#, #"{"a":}"#, #"{:1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 "b":2}"#, #"{1:2}"#,
        #"{"a":1,2}"#, #"{"a":1,"b"}"#, #"{"a":"b":"c"}"#, #"{"a":1,[2]:3}"#, #"{"a":1,{}}"#,
        #"{"a":["b":1]}"#, #"{"a":[1,]}"#, #"{"a":[,1]}"#, #"{"a":[1 2]}"#, #"{"a":[}]"#,
        #"{"a":{]}}"#, #"{"a":01}"#, #"{"a":-}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":1e}"#,
        #"{"a":+1}"#, #"{"a":tru}"#, #"{"a":truex}"#, #"{"a":nulll}"#, #"{"a":1x}"#, #"{"a":1"b"}"#,
        #"{"a":\"b"}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\"}"#, #"{"a":"}"#,
        #"{"a" "b"}"#, #"{"a"::1}"#, #"{"a":1,,"b":2}"#, #"{{"a":1}}"#, #"{"a":[1}"#, #"{"a":1]}"#,
        #"{"a":"\ud83d\ude00"}"#, #"{"a":"\ud83d"}"#,
    ])
    func `what is no object on one line, or may be none, is left to the walk`(text: String) {
        for byteCount in 0..<70 {
            for object in [text, #"{"\#(String(repeating: "x", count: byteCount))":\#(text)}"#] {
                let bytes = Array(object.utf8)
                if (try? JSON.validate(bytes)) == .object, Self.isSimple(text) { continue }
                #expect(!JSON.isObjectOnOneLine(bytes), "\(object)")
                #expect(!JSON.isObjectOnOneLine(bytes, width: 32), "\(object)")
            }
        }
    }

    /// Whether a text in an object may well be told: a value without line breaks and surrogates.
    private static func isSimple(_ text: String) -> Bool {
        !text.contains("\n") && !text.contains("\\ud")
    }

    @Test func `deep objects and bytes that are no UTF-8 are as the walk says`() throws {
        for depth in [63, 64, 65, JSON.maximumDepth] {
            let deep =
                String(repeating: #"{"a":"#, count: depth - 1) + "{}"
                + String(repeating: "}", count: depth - 1)
            #expect(try JSON.validate(Array(deep.utf8)) == .object)
            if Self.canTell { #expect(JSON.isObjectOnOneLine(Array(deep.utf8)) == (depth <= 64)) }
        }
        let broken = Array(#"{"a":""#.utf8) + [0xC3] + Array(#""}"#.utf8)
        #expect(!JSON.isObjectOnOneLine(broken))
        #expect(throws: JSONError(.invalidUTF8, at: 6)) { try JSON.validate(broken) }
    }
}

extension JSON {
    fileprivate static func isObjectOnOneLine(_ bytes: [UInt8], width: CInt = 64) -> Bool {
        bytes.withUnsafeBytes { isObjectOnOneLine($0, width: width) }
    }
}
