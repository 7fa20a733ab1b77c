/// Builds JSON text: `bytes` is one value, or several one behind the other.
///
/// Commas are set by the writer. The order of the calls is the caller's: a key before each value of
/// an object, as many ends as beginnings.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var depth = 0

    package init() {}

    /// Empties the writer and keeps its memory.
    package mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        depth = 0
    }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    @_disfavoredOverload
    package mutating func key(_ key: String) {
        value(key)
        bytes.append(UInt8(ascii: ":"))
    }

    package mutating func key(_ key: StaticString) {
        separate()
        key.withUTF8Buffer { appendQuoted(UnsafeRawBufferPointer($0)) }
        bytes.append(UInt8(ascii: ":"))
    }

    /// A key in UTF-8; bytes that are none become U+FFFD.
    package mutating func key(_ key: [UInt8]) {
        value(key)
        bytes.append(UInt8(ascii: ":"))
    }
}

extension JSONWriter {
    @_disfavoredOverload
    package mutating func value(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { appendQuoted(UnsafeRawBufferPointer($0)) }
    }

    package mutating func value(_ text: StaticString) {
        separate()
        text.withUTF8Buffer { appendQuoted(UnsafeRawBufferPointer($0)) }
    }

    /// A string in UTF-8; bytes that are none become U+FFFD.
    package mutating func value(_ text: [UInt8]) {
        text.withUnsafeBytes { value($0) }
    }

    /// A string in UTF-8; bytes that are none become U+FFFD.
    package mutating func value(_ text: UnsafeRawBufferPointer) {
        separate()
        appendQuoted(text)
    }

    package mutating func value(_ number: Int) { value(Int64(number)) }

    package mutating func value(_ number: Int64) {
        appendNumber(number.magnitude, isNegative: number < 0)
    }

    package mutating func value(_ number: UInt64) { appendNumber(number, isNegative: false) }

    /// The shortest text that reads back as the same number; `null` for what JSON cannot say.
    package mutating func value(_ number: Double) {
        separate()
        let text = number.isFinite ? number.description : "null"
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func value(_ boolean: Bool) {
        separate()
        bytes.append(contentsOf: (boolean ? "true" : "false").utf8)
    }

    /// Writes `null`, for `value(nil)`.
    package mutating func value(_ none: Never?) {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A value that is valid JSON already, byte for byte.
    package mutating func rawValue(_ json: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// A value that is valid JSON already, byte for byte.
    package mutating func rawValue(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }
}

extension JSONWriter {
    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        depth += 1
    }

    private mutating func end(_ bracket: UInt8) {
        precondition(depth > 0, "what ends has begun")
        depth -= 1
        bytes.append(bracket)
    }

    /// A comma, where something stands before: no value ends in `{`, `[`, `:`, or `,`.
    private mutating func separate() {
        guard depth > 0, let last = bytes.last else { return }
        switch last {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: ","): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    /// Digit by digit: hidden cells are lists of numbers, and a `String` of each is half their cost.
    private mutating func appendNumber(_ magnitude: UInt64, isNegative: Bool) {
        separate()
        if isNegative { bytes.append(UInt8(ascii: "-")) }
        // The largest number has twenty digits.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = digits.count
            var rest = magnitude
            repeat {
                start -= 1
                digits[start] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }

    private mutating func appendQuoted(_ text: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        if JSONWord.arePlain(text) {
            bytes.append(contentsOf: text)
        } else if JSONValidator(text).isWellFormedUTF8 {
            appendEscaped(text)
        } else {
            var repaired = String(decoding: text, as: UTF8.self)
            repaired.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Escapes only what has to be; runs between are copied whole.
    private mutating func appendEscaped(_ text: UnsafeRawBufferPointer) {
        var run = 0
        for offset in text.indices {
            let byte = text[offset]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                continue
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[run..<offset]))
            appendEscape(byte)
            run = offset + 1
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[run...]))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits = String(byte, radix: 16)
            bytes.append(contentsOf: (digits.count == 1 ? "u000" : "u00").utf8)
            bytes.append(contentsOf: digits.utf8)
        }
    }
}
