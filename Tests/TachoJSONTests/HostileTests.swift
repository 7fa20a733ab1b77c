import Testing

@testable import TachoJSON

/// Inputs made to hurt.
///
/// None is timed: with quadratic time or recursion a test would not end.
@Suite struct HostileTests {
    static let size = 1 << 20

    @Test func `512 levels are read and one more is rejected where it opens`() throws {
        for brackets in [("[", "]"), (#"{"a":"#, "}")] {
            let opening = String(repeating: brackets.0, count: 512)
            let closing = String(repeating: brackets.1, count: 512)
            let deep = brackets.0 == "[" ? opening + closing : opening + "1" + closing
            #expect(throws: Never.self) { try JSON.validate(Array(deep.utf8)) }

            let deeper = opening + brackets.0
            let error = #expect(throws: JSONError.self) { try JSON.validate(Array(deeper.utf8)) }
            #expect(error == JSONError(.tooDeep, at: opening.utf8.count))
        }
    }

    @Test func `each level remembers its own bracket`() throws {
        var generator = Generator(seed: 1)
        for depth in 1...512 {
            let isObject = (0..<depth).map { _ in generator.below(2) == 0 }
            var json = isObject.map { $0 ? #"{"a":"# : "[" }.joined() + "1"
            json += isObject.reversed().map { $0 ? "}" : "]" }.joined()
            var bytes = Array(json.utf8)
            #expect(throws: Never.self) { try JSON.validate(bytes) }

            let offset = bytes.count - 1 - generator.below(depth)
            bytes[offset] ^= UInt8(ascii: "}") ^ UInt8(ascii: "]")
            let error = #expect(throws: JSONError.self) { try JSON.validate(bytes) }
            #expect(error == JSONError(.unexpectedByte, at: offset))
        }
    }

    @Test func `siblings at any depth do not use it up`() throws {
        let json = "[" + String(repeating: "[[]],{\"a\":[{}]},", count: 2000) + "[]]"
        #expect(throws: Never.self) { try JSON.validate(Array(json.utf8)) }
    }

    @Test(arguments: [
        "[", "{", "{\"a\":", "\"", "\\", "\\\"", "\\\\\"", "[\"", " ", "\n", "1", "0", "-", ",",
        "[],", "{}", "\"\"", "\"a\":", "\\u", "\\ud800", "é", "e1", "null", "\u{0}", "]", "}",
    ])
    func `a million times the same is answered`(pattern: String) {
        let unit = Array(pattern.utf8)
        let count = Self.size / unit.count
        let flood = [UInt8]((0..<count).map { _ in unit }.joined())
        for (prefix, suffix) in [("", ""), ("\"", "\""), ("[\"", "\"]"), ("{\"a", "\":1}")] {
            let bytes = Array(prefix.utf8) + flood + Array(suffix.utf8)
            _ = Result { () throws(JSONError) in try JSON.validate(bytes) }
            bytes.withUnsafeBytes {
                let view = JSONView(validated: $0)
                _ = (view["absent"]?.kind, view.text()?.count, view.bytes.count, view.double())
                _ = (view.integer(), view.integerLenient(), view.equals("a"))
            }
        }
    }

    @Test func `a million brackets are rejected at once`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = #expect(throws: JSONError.self) { try JSON.validate(bytes) }
        #expect(error == JSONError(.tooDeep, at: 512))
    }

    @Test func `a long line of everything is read to its end`() throws {
        let record = String(decoding: SmallWorldTests.document, as: UTF8.self)
        let text = String(repeating: "0123456789 \\n\\\" é ", count: 1 << 16)
        let json = "[\"\(text)\"" + String(repeating: ",\(record)", count: 500) + "]"
        let bytes = Array(json.utf8)

        #expect(try JSON.validate(bytes) == .array)
        bytes.withUnsafeBytes {
            let view = JSONView(validated: $0)
            var count = 0
            view.forEachElement { _ in
                count += 1
                return true
            }
            #expect(count == 501)
            #expect(view.bytes.count == bytes.count)
        }
    }
}
