import TestSupport
import Testing

@testable import TachoJSON

@Suite struct JSONFieldsTests {
    private static let keys = [
        "a", "tool_name", "12345678", "a longer key than two words", "é", "",
    ]
    private static let fields = JSONFields(keys)
    /// Bytes looked at together: the walk, and what this processor has of the others.
    private static let widths: [CInt] = [1, 32, 64]

    /// The first member of each key as it is written, by the slower way.
    private func expected(_ object: String) -> [String?] {
        var found = [String?](repeating: nil, count: Self.keys.count)
        Array(object.utf8).withUnsafeBytes { bytes in
            JSONView(validated: bytes).forEachMember { key, value in
                if let text = key.text(),
                    let index = Self.keys.firstIndex(where: {
                        $0.utf8.elementsEqual(text)
                    }), found[index] == nil
                {
                    found[index] = String(decoding: value.bytes, as: UTF8.self)
                }
                return true
            }
        }
        return found
    }

    private func found(_ object: String, width: CInt) -> [String?] {
        var found = [String?](repeating: nil, count: Self.keys.count)
        var fields = Self.fields
        fields.width = width
        Array(object.utf8).withUnsafeBytes { bytes in
            fields.forEach(in: bytes) { index, value in
                #expect(found[index] == nil, "each key once")
                found[index] = String(decoding: value.bytes, as: UTF8.self)
            }
        }
        return found
    }

    @Test(arguments: [
        #"{}"#, #"{"a":1}"#, #" { "a" : 1 , "tool_name" : "x" } "#, #"{"b":{"a":2},"a":3}"#,
        #"{"a":"\"","tool_name":"\\"}"#, #"{"a":1,"a":2}"#, #"{"\u0061":5}"#,
        #"{"tool_nam\u0065":6,"tool_namf":7}"#, #"{"":{},"é":[],"12345678":[1,[2,{"a":"}"}]]}"#,
        #"{"a longer key than two words":null,"a longer key than two wordz":1}"#,
        #"{"x":"]}{[","y":[["\"]"]],"a":true}"#, #"{"a":-1.5e+7,"12345678":false}"#, "[1]", "7", "",
        #"{"123456789":1,"1234567":2,"12345678":3}"#,
        #"{"x\\":"a","a" :1,"tool_name":2}"#,
        #"{"xtool_name":1,"\"tool_name":2,"\\":{"a":1},"a":3}"#,
        #"{"x":"\",\"a\":1,\"","tool_name":"\\\\\"","a":{"tool_name":{}},"é":""}"#,
    ])
    func `fields are those that a walk over all members finds`(object: String) {
        for width in Self.widths {
            #expect(found(object, width: width) == expected(object), "width \(width)")
        }
    }

    @Test func `a field is found wherever it lies among the bytes looked at together`() {
        for filler in 0...140 {
            let text = String(repeating: "x", count: filler)
            for object in [
                #"{"x":"\#(text)","tool_name":7,"a":"}"}"#, #"{"\#(text)":1,"tool_name":7,"a":{}}"#,
                #"{"x":"\#(text)\\","tool_name":7,"a":[]}"#,
                #"{"x":"\#(text)\"","tool_name":7,"a":"\""}"#,
                #"{"x":{"\#(text)":[{"a":1}]},"a longer key than two words":0,"a":2}"#,
                #"{"x\#(text)\\":1,"a":2}"#, #"{"x":"\#(text)","a"  :  2}"#,
                #"{"x":"\#(text)","tool_nam\u0065":7,"a":2}"#, #"{"x":"\#(text)","":7,"b":2}"#,
            ] {
                for width in Self.widths {
                    #expect(
                        found(object, width: width) == expected(object),
                        "\(filler), width \(width): \(object)")
                }
            }
        }
    }

    @Test(arguments: [1, 8, 9, 64])
    func `of many keys each is found`(count: Int) {
        let keys = (0..<count).map { "key\($0 * 7)" }
        let object =
            "{"
            + keys.reversed().map { "\"\($0)\":\"\($0)\",\"x\($0)\":{\"\($0)\":0}" }.joined(
                separator: ",") + "}"
        for width in Self.widths {
            var fields = JSONFields(keys)
            fields.width = width
            var found: [String] = []
            Array(object.utf8).withUnsafeBytes { bytes in
                fields.forEach(in: bytes) { index, value in
                    #expect(value.plainText?.elementsEqual(keys[index].utf8) == true)
                    found.append(keys[index])
                }
            }
            #expect(found == keys.reversed())
        }
    }

    @Test func `objects of any length and shape give the same`() {
        let seed = testSeed()
        var random = SeededRandom(seed)
        for _ in 0..<3000 {
            let members = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                "\"\(key(&random))\":\(value(&random, depth: 0))"
            }
            let object = "{" + members.joined(separator: ",") + "}"
            let expected = expected(object)
            for width in Self.widths {
                #expect(
                    found(object, width: width) == expected,
                    "seed \(seed), width \(width): \(object)")
            }
        }
    }

    @Test func `bytes that are cut off or changed are never left`() {
        var random = SeededRandom(testSeed())
        let guarded = GuardedBytes(capacity: 1 << 16)
        for _ in 0..<3000 {
            var bytes = Array(
                "{\"\(key(&random))\":\(value(&random, depth: 0)),\"a\":\"\\\"\",\"b\":[{}]}".utf8)
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            if let at = bytes.indices.randomElement(using: &random) {
                bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            for width in Self.widths {
                var fields = Self.fields
                fields.width = width
                for atStart in [false, true] {
                    guarded.lend(bytes, atStart: atStart) { bytes in
                        fields.forEach(in: bytes) { _, value in
                            #expect(value.bytes.count <= bytes.count)
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("12", 0, 12), ("-7", 0, -7), ("0", 0, 0), ("1.50", 2, 150), ("-0.001", 3, -1),
        ("3", 2, 300),
        ("9223372036854775807", 0, Int64.max), ("0.25", 12, 250_000_000_000),
    ])
    func `numbers are exact`(text: String, digits: Int, expected: Int64) {
        #expect(number(text, digits) == expected)
    }

    @Test(arguments: [
        ("1.5", 0), ("1e2", 0), ("-0", 0), ("-0.0", 1), ("9223372036854775808", 0), ("\"1\"", 0),
        ("null", 0), ("true", 0), ("0.0001", 3), ("99999999999999999999", 0), ("1e", 0),
        ("9223372036854775807", 1),
    ])
    func `what is not exact is no number`(text: String, digits: Int) {
        #expect(number(text, digits) == nil)
    }

    private func number(_ text: String, _ digits: Int) -> Int64? {
        var found: Int64?
        Array("{\"a\":\(text)}".utf8).withUnsafeBytes { bytes in
            Self.fields.forEach(in: bytes) { found = $1.scaledNumber(digits: digits) }
        }
        return found
    }

    private func key(_ random: inout SeededRandom) -> String {
        if Bool.random(using: &random) { return Self.keys.randomElement(using: &random) ?? "" }
        return text(&random)
    }

    private func text(_ random: inout SeededRandom) -> String {
        (0..<Int.random(in: 0...90, using: &random)).map { _ in
            ["x", "y", "é", "\\\"", "\\\\", "\\u0061", "{", "]", ",", ":"].randomElement(
                using: &random)
                ?? ""
        }.joined()
    }

    private func value(_ random: inout SeededRandom, depth: Int) -> String {
        switch Int.random(in: 0...(depth > 3 ? 2 : 4), using: &random) {
        case 0: return "\"\(text(&random))\""
        case 1: return "\(Int.random(in: -99...99_999, using: &random))"
        case 2: return ["true", "null", "1.5e9"].randomElement(using: &random) ?? "0"
        case 3:
            return "["
                + (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    value(&random, depth: depth + 1)
                }.joined(separator: ", ") + "]"
        default:
            return "{"
                + (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    "\"\(key(&random))\" : \(value(&random, depth: depth + 1))"
                }.joined(separator: ",") + "}"
        }
    }
}
