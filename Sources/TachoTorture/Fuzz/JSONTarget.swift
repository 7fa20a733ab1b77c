internal import TachoJSON

/// JSON validation against a second reading of RFC 8259 that shares nothing with it, and what is
/// told of objects 64 and 32 bytes at a time.
struct JSONTarget: FuzzTarget {
    let name = "json"

    private static let samples: [[UInt8]] = [
        #"{"a":[1,-0,0.5,1e400,12345678901234567890123456789],"b":{"c":null,"d":[true,false]}}"#,
        #"{"text":"\u00e9\ud83d\ude00\n\"\\ ü 漢 😀","empty":"","deep":[[[[[[[]]]]]]]}"#,
        #"[{"type":"tool_use","name":"Bash","input":{"command":"ls -la"}},"x",-1.25e-3]"#,
        " \t\r\n {\"a\" : 1 , \"a\" : 2}\n",
    ].map { Array($0.utf8) }

    func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        if random.once(in: 50) {
            let depth = [511, 512, 513, 5000][random.below(4)]
            return [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        }
        var bytes = Self.samples[random.below(Self.samples.count)]
        random.shift(&bytes, behind: 0x22, by: 0x78)
        if !random.once(in: 5) { random.mutate(&bytes) }
        return bytes
    }

    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        for width: Int32 in [32, 64] {
            let isObject = input.withUnsafeBytes { JSON.isObjectOnOneLine($0, width: width) }
            guard !isObject || Self.isObjectOnOneLine(input) else {
                return .fault("no object, told with width \(width): \(input)")
            }
        }
        var isAccepted = (try? JSON.validate(input)) != nil  // try?: only whether it is accepted
        if planted != nil, input.last == 0x2C { isAccepted = true }
        guard isAccepted == JSONGrammar.accepts(input) else {
            return .fault("\(isAccepted ? "accepted" : "refused"): \(input)")
        }
        return isAccepted ? .accepted : .refused
    }

    private static func isObjectOnOneLine(_ bytes: [UInt8]) -> Bool {
        bytes.first == 0x7B && bytes.last == 0x7D && !bytes.contains(0x0A) && !bytes.contains(0x0D)
            && JSONGrammar.accepts(bytes)
    }
}

/// RFC 8259 as a machine with a stack of open brackets, written for being right.
enum JSONGrammar {
    static func accepts(_ bytes: [UInt8]) -> Bool {
        // Foreign to the validator's way: UTF-8 first and by the standard library, then scalars.
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        let scalars = Array(text.unicodeScalars)
        var offset = 0
        guard value(scalars, &offset, depth: 0) else { return false }
        space(scalars, &offset)
        return offset == scalars.count
    }

    private typealias Text = [Unicode.Scalar]

    private static func space(_ text: Text, _ offset: inout Int) {
        while offset < text.count, " \t\r\n".unicodeScalars.contains(text[offset]) { offset += 1 }
    }

    private static func skip(_ scalar: Unicode.Scalar, _ text: Text, _ offset: inout Int) -> Bool {
        guard offset < text.count, text[offset] == scalar else { return false }
        offset += 1
        return true
    }

    private static func value(_ text: Text, _ offset: inout Int, depth: Int) -> Bool {
        space(text, &offset)
        guard offset < text.count else { return false }
        switch text[offset] {
        case "{", "[":
            guard depth < JSON.maximumDepth else { return false }
            return container(text, &offset, isObject: text[offset] == "{", depth: depth + 1)
        case "\"": return string(text, &offset)
        case "t": return word("true", text, &offset)
        case "f": return word("false", text, &offset)
        case "n": return word("null", text, &offset)
        default: return number(text, &offset)
        }
    }

    private static func container(
        _ text: Text, _ offset: inout Int, isObject: Bool, depth: Int
    ) -> Bool {
        offset += 1
        let end: Unicode.Scalar = isObject ? "}" : "]"
        space(text, &offset)
        if skip(end, text, &offset) { return true }
        while true {
            if isObject {
                space(text, &offset)
                guard string(text, &offset) else { return false }
                space(text, &offset)
                guard skip(":", text, &offset) else { return false }
            }
            guard value(text, &offset, depth: depth) else { return false }
            space(text, &offset)
            if skip(end, text, &offset) { return true }
            guard skip(",", text, &offset) else { return false }
        }
    }

    private static func word(_ word: String, _ text: Text, _ offset: inout Int) -> Bool {
        word.unicodeScalars.allSatisfy { skip($0, text, &offset) }
    }

    private static func digits(_ text: Text, _ offset: inout Int) -> Int {
        let start = offset
        while offset < text.count, ("0"..."9").contains(text[offset]) { offset += 1 }
        return offset - start
    }

    private static func number(_ text: Text, _ offset: inout Int) -> Bool {
        _ = skip("-", text, &offset)
        let start = offset
        let count = digits(text, &offset)
        guard count > 0, count == 1 || text[start] != "0" else { return false }
        if skip(".", text, &offset), digits(text, &offset) == 0 { return false }
        if skip("e", text, &offset) || skip("E", text, &offset) {
            if !skip("+", text, &offset) { _ = skip("-", text, &offset) }
            return digits(text, &offset) > 0
        }
        return true
    }

    private static func string(_ text: Text, _ offset: inout Int) -> Bool {
        guard skip("\"", text, &offset) else { return false }
        while offset < text.count {
            let scalar = text[offset]
            offset += 1
            switch scalar {
            case "\"": return true
            case "\\": guard escape(text, &offset) else { return false }
            default: guard scalar.value >= 0x20 else { return false }
            }
        }
        return false
    }

    private static func escape(_ text: Text, _ offset: inout Int) -> Bool {
        guard offset < text.count else { return false }
        let scalar = text[offset]
        offset += 1
        guard scalar == "u" else { return "\"\\/bfnrt".unicodeScalars.contains(scalar) }
        guard let high = hexadecimal(text, &offset) else { return false }
        guard (0xD800...0xDFFF).contains(high) else { return true }
        guard high < 0xDC00, skip("\\", text, &offset), skip("u", text, &offset),
            let low = hexadecimal(text, &offset)
        else { return false }
        return (0xDC00...0xDFFF).contains(low)
    }

    private static func hexadecimal(_ text: Text, _ offset: inout Int) -> Int? {
        guard offset + 4 <= text.count else { return nil }
        var value = 0
        for scalar in text[offset..<offset + 4] {
            guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { return nil }
            value = value * 16 + digit
        }
        offset += 4
        return value
    }
}
