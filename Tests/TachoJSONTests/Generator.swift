import TestSupport

/// Random JSON and random damage to it, the same for the same seed on every machine.
struct Generator {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed) }

    mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    mutating func pick(_ choices: [String]) -> [UInt8] { Array(choices[below(choices.count)].utf8) }

    /// One valid value, with whitespace here and there.
    mutating func document() -> [UInt8] {
        var bytes: [UInt8] = []
        space(&bytes)
        value(&bytes, depth: 0)
        space(&bytes)
        return bytes
    }

    private mutating func value(_ bytes: inout [UInt8], depth: Int) {
        switch below(depth == 0 ? 4 : depth > 2 ? 6 : 9) {
        case 0, 1,
            2 where depth == 0, 6, 7:
            container(&bytes, isObject: true, depth)
        case 3 where depth == 0, 8: container(&bytes, isObject: false, depth)
        case 2: bytes += pick(["true", "false", "null"])
        case 3, 4: bytes += number()
        default: string(&bytes)
        }
    }

    private mutating func container(_ bytes: inout [UInt8], isObject: Bool, _ depth: Int) {
        bytes.append(UInt8(ascii: isObject ? "{" : "["))
        space(&bytes)
        let count = below(4)
        for index in 0..<count {
            if isObject {
                key(&bytes)
                space(&bytes)
                bytes.append(UInt8(ascii: ":"))
                space(&bytes)
            }
            value(&bytes, depth: depth + 1)
            space(&bytes)
            guard index < count - 1 else { break }
            bytes.append(UInt8(ascii: ","))
            space(&bytes)
        }
        bytes.append(UInt8(ascii: isObject ? "}" : "]"))
    }

    private mutating func space(_ bytes: inout [UInt8]) {
        guard below(6) == 0 else { return }
        bytes += pick([" ", "\n", "\t", "\r\n", "  ", "          "])
    }

    private mutating func key(_ bytes: inout [UInt8]) {
        guard below(4) > 0 else { return string(&bytes) }
        bytes += pick([
            "\"a\"", "\"\"", "\"type\"", "\"session_id\"", #""b\"\\""#, #""b\u0022\u005C""#,
            #""\u0061""#, #""a\n\uD83d\uDe00""#, "\"12345678\"", "\"123456789\"",
            "\"tool_use_id\"", "\"1234567890abcdef\"", "\"1234567890abcdefg\"", #""typ\u0065""#,
        ])
    }

    private mutating func string(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for _ in 0..<below(4) {
            bytes += pick([
                "a", "hello", "12345678", "a longer text of many words", #"\""#, #"\\"#, #"\n"#,
                #"\/"#, #"\u00e9"#, #"\uD834\uDD1E"#, #"\ud7ff\uE000"#, "é", "ß€", "漢字", "😀",
                "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
                "{[}]:,", "\u{D7FF}", "\u{E000}", #"\\\\"#, #"\\\""#,
            ])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func number() -> [UInt8] {
        guard below(2) == 0 else {
            return pick([
                "0", "-0", "1e400", "-1E-400", "123456789012345678901234567890", "0.1", "1e22",
                "9223372036854775807", "-9223372036854775808", "9223372036854775808", "12.0", "1e3",
                "9007199254740993", "5e-324", "2.4703282292062327e-324", "0e99999999999999999999",
            ])
        }
        var text = below(3) == 0 ? "-" : ""
        text += below(4) == 0 ? "0" : "\(random.next() >> UInt64(below(64)) | 1)"
        if below(3) == 0 { text += ".\(random.next() >> UInt64(below(64)))" }
        if below(3) == 0 { text += ["e", "E", "e+", "e-", "E-"][below(5)] + "\(below(30))" }
        return Array(text.utf8)
    }

    /// Damages `bytes` in one to three places.
    mutating func damage(_ bytes: inout [UInt8]) {
        for _ in 0...below(3) where !bytes.isEmpty {
            let offset = below(bytes.count)
            switch below(7) {
            case 0: bytes[offset] ^= 1 << UInt8(below(8))
            case 1: bytes[offset] = UInt8(below(256))
            case 2: bytes.remove(at: offset)
            case 3: bytes.removeLast(below(bytes.count) + 1)
            case 4:
                let end = min(bytes.count, offset + below(9))
                bytes.insert(contentsOf: Array(bytes[offset..<end]), at: below(bytes.count))
            default:
                bytes.insert(contentsOf: Self.tokens[below(Self.tokens.count)], at: offset)
            }
        }
    }

    private static let tokens: [[UInt8]] =
        [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud800", "\\uDC00", "0", "-", ".",
            "e", "+", "true", "null", "nul", " ", "\n", "\u{0}", "\u{1F}", "\u{FEFF}", "NaN", "'",
        ].map { Array($0.utf8) } + [
            [0x80], [0xC0, 0xAF], [0xC1], [0xE0, 0x80], [0xED, 0xA0, 0x80], [0xED, 0x9F],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFF], [0xE2, 0x82],
            [0xF0, 0x9F, 0x98],
        ]
}
