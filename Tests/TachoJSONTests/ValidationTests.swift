import Testing

@testable import TachoJSON

@Suite struct ValidationTests {
    @Test func `the kind of a valid value is told`() throws {
        let cases: [(String, JSONKind)] = [
            (" {} ", .object), ("[]", .array), ("\"\"", .string), ("-0.5e+3", .number),
            ("true", .boolean), ("false", .boolean), ("null\n", .null),
        ]
        for (json, kind) in cases {
            #expect(try JSON.validate(Array(json.utf8)) == kind)
        }
    }

    @Test func `values without anything between them are found one by one`() throws {
        let bytes = Array(" {\"a\":\"}\"}[1]\n\"x\"null 7 ".utf8)
        var found: [String] = []
        try bytes.withUnsafeBytes { bytes in
            var offset = 0
            while true {
                do throws(JSONError) {
                    let range = try JSON.validateValue(in: bytes, from: offset)
                    found.append(text(UnsafeRawBufferPointer(rebasing: bytes[range])))
                    offset = range.upperBound
                } catch {
                    guard error == JSONError(.emptyInput, at: bytes.count) else { throw error }
                    break
                }
            }
        }

        #expect(found == ["{\"a\":\"}\"}", "[1]", "\"x\"", "null", "7"])
    }

    @Test func `one line keeps every byte but the newlines between tokens`() {
        let json = Array("{\r\n  \"a\" : -0,\n\t\"a\":\"x\\n\"\r}\n".utf8)

        let line = json.withUnsafeBytes { JSON.singleLine($0) }

        #expect(line == Array("{  \"a\" : -0,\t\"a\":\"x\\n\"}".utf8))
    }

    @Test func `one line is the same at every length and place of its newlines`() {
        var generator = Generator(seed: 7)
        for count in 0..<200 {
            let share = 1 + generator.below(40)
            let bytes = (0..<count).map { _ in
                UInt8(
                    generator.below(share) == 0
                        ? [10, 13][generator.below(2)] : 32 + generator.below(224))
            }

            let line = bytes.withUnsafeBytes { JSON.singleLine($0) }

            #expect(line == bytes.filter { $0 != 10 && $0 != 13 })
        }
    }
}
