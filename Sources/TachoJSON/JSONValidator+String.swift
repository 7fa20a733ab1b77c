internal import CScan

extension JSONValidator {
    /// Checks a string from behind its opening quote, and finds the offset behind its closing one.
    ///
    /// Here as far as it is plain ASCII, sixteen bytes at a time.
    @inline(__always)
    func endOfString(from start: Int) throws(JSONError) -> Int {
        var offset = start
        while count &- offset > 16 {
            let plainCount = Int(truncatingIfNeeded: tacho_plain16(base + offset))
            offset &+= plainCount
            guard plainCount < 16 else { continue }
            if byte(at: offset) == UInt8(ascii: "\"") { return offset &+ 1 }
            break
        }
        return try endOfMixedString(from: offset)
    }

    /// As ``endOfString(from:)``, for what is left of a string that is not plain or near the end.
    ///
    /// Plain ASCII passes sixteen bytes at a time, eight near the end of the bytes; only what stops
    /// that is looked at singly. A call of its own: the places where most strings end stay small.
    @inline(never)
    private func endOfMixedString(from start: Int) throws(JSONError) -> Int {
        var offset = start
        while true {
            while count &- offset >= 16 {
                let plainCount = Int(truncatingIfNeeded: tacho_plain16(base + offset))
                offset &+= plainCount
                if plainCount < 16 { break }
            }
            guard offset < count else { throw JSONError(.unexpectedEnd, at: count) }
            let byte = byte(at: offset)
            if byte == UInt8(ascii: "\"") { return offset &+ 1 }
            if byte == UInt8(ascii: "\\") {
                offset = try endOfEscape(from: offset)
            } else if byte >= 0x80 {
                offset = try endOfNonASCII(from: offset)
            } else if byte < 0x20 {
                throw JSONError(.controlCharacterInString, at: offset)
            } else if count &- offset >= 8 {
                // Only in the last fifteen bytes. The byte at hand is plain, so this goes on.
                let marks = JSONWord(at: base + offset).stringSpecials
                offset &+= marks == 0 ? 8 : JSONWord.byteCount(below: marks)
            } else {
                offset &+= 1
            }
        }
    }

    /// Checks the escape whose backslash is at `start`; a surrogate takes its partner with it.
    @inline(__always)
    func endOfEscape(from start: Int) throws(JSONError) -> Int {
        switch byte(at: start &+ 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start &+ 2
        case UInt8(ascii: "u"):
            return try endOfUnicodeEscape(from: start)
        default:
            guard start &+ 1 < count else { throw JSONError(.unexpectedEnd, at: count) }
            throw JSONError(.invalidEscape, at: start)
        }
    }

    private func endOfUnicodeEscape(from start: Int) throws(JSONError) -> Int {
        let unit = try codeUnit(ofEscapeAt: start)
        let second = start &+ 6
        guard unit & 0xF800 == 0xD800 else { return second }
        guard unit < 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
        // Behind it has to come another escape; the bytes may also end where it would be.
        guard byte(at: second) == UInt8(ascii: "\\"), byte(at: second &+ 1) == UInt8(ascii: "u")
        else {
            let isCutOff =
                second >= count || second &+ 1 == count && byte(at: second) == UInt8(ascii: "\\")
            throw isCutOff
                ? JSONError(.unexpectedEnd, at: count) : JSONError(.loneSurrogate, at: start)
        }
        guard try codeUnit(ofEscapeAt: second) & 0xFC00 == 0xDC00 else {
            throw JSONError(.loneSurrogate, at: start)
        }
        return second &+ 6
    }

    /// The four digits of the `\uXXXX` at `start`.
    private func codeUnit(ofEscapeAt start: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for offset in (start &+ 2)..<(start &+ 6) {
            guard offset < count else { throw JSONError(.unexpectedEnd, at: count) }
            guard let digit = JSONScan.hexDigit(byte(at: offset)) else {
                throw JSONError(.invalidEscape, at: start)
            }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// Checks the multi-byte sequences from `start` up to the next ASCII byte.
    @inline(__always)
    func endOfNonASCII(from start: Int) throws(JSONError) -> Int {
        var offset = start
        repeat {
            offset = try endOfSequence(from: offset)
        } while byte(at: offset) >= 0x80
        return offset
    }

    /// Checks one sequence by Unicode 15, table 3-7: the second byte's range depends on the first.
    @inline(__always)
    private func endOfSequence(from start: Int) throws(JSONError) -> Int {
        let first = byte(at: start)
        let byteCount: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: byteCount = 2
        case 0xE0: (byteCount, second) = (3, 0xA0...0xBF)
        case 0xED: (byteCount, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: byteCount = 3
        case 0xF0: (byteCount, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: byteCount = 4
        case 0xF4: (byteCount, second) = (4, 0x80...0x8F)
        default: throw JSONError(.invalidUTF8, at: start)
        }
        guard start &+ 1 < count else { throw JSONError(.unexpectedEnd, at: count) }
        guard second.contains(byte(at: start &+ 1)) else {
            throw JSONError(.invalidUTF8, at: start)
        }
        for offset in (start &+ 2)..<max(start &+ 2, start &+ byteCount) {
            guard offset < count else { throw JSONError(.unexpectedEnd, at: count) }
            guard byte(at: offset) & 0xC0 == 0x80 else { throw JSONError(.invalidUTF8, at: start) }
        }
        return start &+ byteCount
    }

    /// Whether all the bytes are UTF-8, whatever they say; for text that is no JSON yet.
    var isWellFormedUTF8: Bool {
        var offset = 0
        while offset < count {
            if count &- offset >= 8 {
                let marks = JSONWord(at: base + offset).bits & JSONWord.highBits
                offset &+= marks == 0 ? 8 : JSONWord.byteCount(below: marks)
                if marks == 0 { continue }
            }
            guard byte(at: offset) >= 0x80 else {
                offset &+= 1
                continue
            }
            guard let end = try? endOfNonASCII(from: offset) else { return false }
            offset = end
        }
        return true
    }
}
