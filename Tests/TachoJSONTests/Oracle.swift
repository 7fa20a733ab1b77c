@testable import TachoJSON

/// A value as the oracle reads it, with the range of its bytes.
struct OracleValue {
    indirect enum Content {
        case object([(key: [UInt8], value: OracleValue)])
        case array([OracleValue])
        case string([UInt8])
        case number
        case boolean(Bool)
        case null
    }

    let content: Content
    let range: Range<Int>

    var kind: JSONKind {
        switch content {
        case .object: .object
        case .array: .array
        case .string: .string
        case .number: .number
        case .boolean: .boolean
        case .null: .null
        }
    }
}

/// A second reading of RFC 8259: recursive descent that builds a tree, written for being right.
///
/// It shares nothing with the validator but the error type. UTF-8 is checked by arithmetic on
/// scalars instead of by table.
struct Oracle {
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    static func parse(_ bytes: [UInt8]) throws(JSONError) -> OracleValue {
        var oracle = Oracle(bytes: bytes)
        oracle.skipWhitespace()
        guard oracle.offset < bytes.count else { throw JSONError(.emptyInput, at: bytes.count) }
        let value = try oracle.value()
        oracle.skipWhitespace()
        guard oracle.offset == bytes.count else {
            throw JSONError(.trailingBytes, at: oracle.offset)
        }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhitespace() {
        while byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D { offset += 1 }
    }

    private func failure(_ reason: JSONError.Reason) -> JSONError {
        JSONError(byte == nil ? .unexpectedEnd : reason, at: offset)
    }

    private mutating func expect(_ expected: UInt8) throws(JSONError) {
        guard byte == expected else { throw failure(.unexpectedByte) }
        offset += 1
    }

    private mutating func expect(_ text: String) throws(JSONError) {
        for byte in text.utf8 { try expect(byte) }
    }

    private mutating func value() throws(JSONError) -> OracleValue {
        let start = offset
        let content: OracleValue.Content
        switch Unicode.Scalar(byte ?? 0) {
        case "{": content = try object()
        case "[": content = try array()
        case "\"": content = .string(try string())
        case "t":
            try expect("true")
            content = .boolean(true)
        case "f":
            try expect("false")
            content = .boolean(false)
        case "n":
            try expect("null")
            content = .null
        case "-", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9":
            try number()
            content = .number
        default: throw failure(.unexpectedByte)
        }
        return OracleValue(content: content, range: start..<offset)
    }

    private mutating func open() throws(JSONError) {
        guard depth < 512 else { throw JSONError(.tooDeep, at: offset) }
        depth += 1
        offset += 1
        skipWhitespace()
    }

    private mutating func object() throws(JSONError) -> OracleValue.Content {
        try open()
        var members: [(key: [UInt8], value: OracleValue)] = []
        while byte != UInt8(ascii: "}") || !members.isEmpty {
            guard byte == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let key = try string()
            skipWhitespace()
            try expect(UInt8(ascii: ":"))
            skipWhitespace()
            members.append((key, try value()))
            skipWhitespace()
            if byte == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","))
            skipWhitespace()
        }
        offset += 1
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(JSONError) -> OracleValue.Content {
        try open()
        var elements: [OracleValue] = []
        while byte != UInt8(ascii: "]") || !elements.isEmpty {
            elements.append(try value())
            skipWhitespace()
            if byte == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","))
            skipWhitespace()
        }
        offset += 1
        depth -= 1
        return .array(elements)
    }

    private mutating func digits() throws(JSONError) {
        guard isDigit else { throw failure(.invalidNumber) }
        while isDigit { offset += 1 }
    }

    private var isDigit: Bool { byte.map { 0x30...0x39 ~= $0 } ?? false }

    private mutating func number() throws(JSONError) {
        if byte == UInt8(ascii: "-") { offset += 1 }
        if byte == UInt8(ascii: "0") {
            offset += 1
            if isDigit { throw failure(.invalidNumber) }
        } else {
            try digits()
        }
        if byte == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return }
        offset += 1
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
        try digits()
    }

    private mutating func string() throws(JSONError) -> [UInt8] {
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while true {
            guard let byte else { throw failure(.unexpectedByte) }
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return text
            case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
            case 0..<0x20: throw JSONError(.controlCharacterInString, at: offset)
            case 0x20..<0x80:
                text.append(byte)
                offset += 1
            default: text += try sequence()
            }
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        guard let letter = byte else { throw failure(.unexpectedByte) }
        offset += 1
        switch Unicode.Scalar(letter) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": break
        default: throw JSONError(.invalidEscape, at: start)
        }
        let high = try fourDigits(escapeStart: start)
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
        let second = offset
        for expected in Array("\\u".utf8) {
            guard let byte else { throw failure(.unexpectedByte) }
            guard byte == expected else { throw JSONError(.loneSurrogate, at: start) }
            offset += 1
        }
        let low = try fourDigits(escapeStart: second)
        guard 0xDC00...0xDFFF ~= low,
            let scalar = Unicode.Scalar((high - 0xD800) * 0x400 + (low - 0xDC00) + 0x10000)
        else { throw JSONError(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func fourDigits(escapeStart: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte else { throw failure(.unexpectedByte) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw JSONError(.invalidEscape, at: escapeStart)
            }
            unit = unit * 16 + UInt32(digit)
            offset += 1
        }
        return unit
    }

    /// A sequence cut off by the end of the bytes is fine so far if some continuation completes it.
    private mutating func sequence() throws(JSONError) -> [UInt8] {
        let start = offset
        let count: Int
        let least: UInt32
        switch bytes[start] {
        case 0b1100_0000...0b1101_1111: (count, least) = (2, 0x80)
        case 0b1110_0000...0b1110_1111: (count, least) = (3, 0x800)
        case 0b1111_0000...0b1111_0111: (count, least) = (4, 0x10000)
        default: throw JSONError(.invalidUTF8, at: start)
        }
        var low = UInt32(bytes[start]) & (0xFF >> UInt32(count + 1))
        var high = low
        var isCutOff = false
        for index in 1..<count {
            guard start + index < bytes.count else {
                isCutOff = true
                low = low << 6
                high = high << 6 | 0x3F
                continue
            }
            let byte = bytes[start + index]
            guard byte >> 6 == 0b10 else { throw JSONError(.invalidUTF8, at: start) }
            low = low << 6 | UInt32(byte & 0x3F)
            high = high << 6 | UInt32(byte & 0x3F)
        }
        low = max(low, least)
        high = min(high, 0x10FFFF)
        let isSurrogate = low >= 0xD800 && high <= 0xDFFF
        guard low <= high, !isSurrogate else { throw JSONError(.invalidUTF8, at: start) }
        guard !isCutOff else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        offset = start + count
        return Array(bytes[start..<offset])
    }
}
