import TachoJSON
import TestSupport
import Testing

@Suite struct JSONFieldsTests {
    private static let keys = [
        "a", "tool_name", "12345678", "a longer key than two words", "é", "",
    ]
    private static let fields = JSONFields(keys)

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

    private func found(_ object: String) -> [String?] {
        var found = [String?](repeating: nil, count: Self.keys.count)
        Array(object.utf8).withUnsafeBytes { bytes in
            Self.fields.forEach(in: bytes) { index, value in
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
    ])
    func `fields are those that a walk over all members finds`(object: String) {
        #expect(found(object) == expected(object))
    }

    @Test func `objects of any length and shape give the same`() {
        let seed = testSeed()
        var random = SeededRandom(seed)
        for _ in 0..<3000 {
            let members = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                "\"\(key(&random))\":\(value(&random, depth: 0))"
            }
            let object = "{" + members.joined(separator: ",") + "}"
            #expect(found(object) == expected(object), "seed \(seed): \(object)")
        }
    }

    @Test func `bytes that are cut off or changed are never left`() {
        var random = SeededRandom(testSeed())
        for _ in 0..<3000 {
            var bytes = Array(
                "{\"\(key(&random))\":\(value(&random, depth: 0)),\"a\":\"\\\"\",\"b\":[{}]}".utf8)
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            if let at = bytes.indices.randomElement(using: &random) {
                bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { bytes in
                Self.fields.forEach(in: bytes) { _, value in
                    #expect(value.bytes.count <= bytes.count)
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
