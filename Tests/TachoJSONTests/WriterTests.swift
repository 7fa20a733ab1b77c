import Testing

@testable import TachoJSON

@Suite struct WriterTests {
    @Test func `commas stand between values and nowhere else`() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.value(1)
        writer.value(Int64.min)
        writer.value(UInt64.max)
        writer.value(true)
        writer.value(nil)
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.key("b")
        writer.rawValue(Array("{\"x\":-0}".utf8))
        writer.key("c")
        writer.value(Array("t".utf8))
        writer.endObject()

        let expected =
            #"{"a":[1,-9223372036854775808,18446744073709551615,true,null,{}],"#
            + #""b":{"x":-0},"c":"t"}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        #expect(try JSON.validate(writer.bytes) == .object)
    }

    @Test func `a string is escaped where it has to be and comes back the same`() throws {
        var every = String(String.UnicodeScalarView((0..<0x250).compactMap(Unicode.Scalar.init)))
        every += "\u{2028}\u{FFFF}😀\u{10FFFF}"
        var writer = JSONWriter()
        writer.value(every)

        #expect(try JSON.validate(writer.bytes) == .string)
        writer.bytes.withUnsafeBytes {
            #expect(JSONView(validated: $0).text() == Array(every.utf8))
        }

        writer.reset()
        writer.value("\u{8}\u{C}\n\r\t\"\\/\u{1}\u{1F}\u{7F}é")
        let expected = "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f\u{7F}é\""
        #expect(writer.bytes == Array(expected.utf8))
    }

    @Test func `bytes that are no text become text`() throws {
        var writer = JSONWriter()
        writer.value([0x61, 0xFF, 0xED, 0xA0, 0x80, 0x22] as [UInt8])

        #expect(try JSON.validate(writer.bytes) == .string)
    }

    @Test(arguments: [
        0, -0.0, 1, 0.1, 1e300, .leastNonzeroMagnitude, -1.5e-7, .greatestFiniteMagnitude, .pi,
    ])
    func `a number comes back the same`(number: Double) throws {
        var writer = JSONWriter()
        writer.value(number)

        #expect(try JSON.validate(writer.bytes) == .number)
        writer.bytes.withUnsafeBytes {
            #expect(JSONView(validated: $0).double()?.bitPattern == number.bitPattern)
        }
    }

    @Test func `what no JSON number can say is null`() {
        for number in [Double.nan, .infinity, -.infinity] {
            var writer = JSONWriter()
            writer.value(number)
            #expect(writer.bytes == Array("null".utf8))
        }
    }
}
