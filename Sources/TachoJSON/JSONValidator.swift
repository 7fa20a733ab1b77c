internal import CScan

/// The full check of RFC 8259, one pass from left to right without recursion.
///
/// Memory: `base` is read at offsets below `count` only. ``byte(at:)`` compares first, and the
/// loads of 16 and of 8 bytes in strings leave off as many before the end. The caller lends the
/// buffer for the time of the call.
struct JSONValidator {
    let base: UnsafeRawPointer
    let count: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        base = bytes.baseAddress ?? JSONScan.nowhere
        count = bytes.count
    }

    /// The byte at `offset`, or 0 at the end: a byte that nothing outside a string accepts.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        offset < count ? base.load(fromByteOffset: offset, as: UInt8.self) : 0
    }

    @inline(__always)
    func skipWhitespace(from start: Int) -> Int {
        var offset = start
        while offset < count, JSONScan.isWhitespace(byte(at: offset)) { offset &+= 1 }
        return offset
    }

    /// What to say of a byte that does not fit: the end of the bytes is a fault of its own.
    func failure(_ reason: JSONError.Reason = .unexpectedByte, at offset: Int) -> JSONError {
        offset < count ? JSONError(reason, at: offset) : JSONError(.unexpectedEnd, at: count)
    }
}

extension JSONValidator {
    /// Checks the value that begins at `start`, which is no whitespace, and finds its end.
    ///
    /// A state machine with two states: a value begins at `offset`, or one has just ended there.
    func endOfValue(from start: Int) throws(JSONError) -> Int {
        var containers = JSONContainerStack()
        var offset = start
        while true {
            switch byte(at: offset) {
            case UInt8(ascii: "\""):
                offset = try endOfString(from: offset &+ 1)
            case UInt8(ascii: "{"):
                guard containers.push(isObject: true) else { throw JSONError(.tooDeep, at: offset) }
                offset = skipWhitespace(from: offset &+ 1)
                guard byte(at: offset) == UInt8(ascii: "}") else {
                    offset = try endOfKey(from: offset)
                    continue
                }
                containers.pop()
                offset &+= 1
            case UInt8(ascii: "["):
                guard containers.push(isObject: false) else {
                    throw JSONError(.tooDeep, at: offset)
                }
                offset = skipWhitespace(from: offset &+ 1)
                guard byte(at: offset) == UInt8(ascii: "]") else { continue }
                containers.pop()
                offset &+= 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                offset = try endOfNumber(from: offset)
            case UInt8(ascii: "t"): offset = try endOfLiteral("true", from: offset)
            case UInt8(ascii: "f"): offset = try endOfLiteral("false", from: offset)
            case UInt8(ascii: "n"): offset = try endOfLiteral("null", from: offset)
            default: throw failure(at: offset)
            }

            // A value ended at `offset`: close containers until another value has to follow.
            while true {
                guard containers.depth > 0 else { return offset }
                offset = skipWhitespace(from: offset)
                let byte = byte(at: offset)
                if byte == UInt8(ascii: ",") {
                    offset = skipWhitespace(from: offset &+ 1)
                    if containers.isObject { offset = try endOfKey(from: offset) }
                    break
                }
                let closing = containers.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                guard byte == closing else { throw failure(at: offset) }
                containers.pop()
                offset &+= 1
            }
        }
    }

    /// Passes a key, its colon, and the whitespace up to the member's value.
    @inline(__always)
    func endOfKey(from start: Int) throws(JSONError) -> Int {
        // Nearly all keys are short and plain, with nothing around their colon.
        if count &- start >= 20, byte(at: start) == UInt8(ascii: "\"") {
            let end = start &+ 1 &+ Int(truncatingIfNeeded: tacho_plain16(base + start + 1))
            if byte(at: end) == UInt8(ascii: "\""), byte(at: end &+ 1) == UInt8(ascii: ":"),
                byte(at: end &+ 2) > 0x20
            {
                return end &+ 2
            }
        }
        return try endOfAnyKey(from: start)
    }

    @inline(never)
    private func endOfAnyKey(from start: Int) throws(JSONError) -> Int {
        guard byte(at: start) == UInt8(ascii: "\"") else { throw failure(at: start) }
        let colon = skipWhitespace(from: try endOfString(from: start &+ 1))
        guard byte(at: colon) == UInt8(ascii: ":") else { throw failure(at: colon) }
        return skipWhitespace(from: colon &+ 1)
    }

    func endOfLiteral(_ literal: StaticString, from start: Int) throws(JSONError) -> Int {
        for index in 0..<literal.utf8CodeUnitCount
        where byte(at: start &+ index) != literal.utf8Start[index] {
            throw failure(at: start &+ index)
        }
        return start &+ literal.utf8CodeUnitCount
    }

    /// Passes `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
    func endOfNumber(from start: Int) throws(JSONError) -> Int {
        var offset = start
        if byte(at: offset) == UInt8(ascii: "-") { offset &+= 1 }
        if byte(at: offset) == UInt8(ascii: "0") {
            offset &+= 1
            guard !isDigit(at: offset) else { throw JSONError(.invalidNumber, at: offset) }
        } else {
            offset = try endOfDigits(from: offset)
        }
        if byte(at: offset) == UInt8(ascii: ".") { offset = try endOfDigits(from: offset &+ 1) }
        if byte(at: offset) | 0x20 == UInt8(ascii: "e") {
            offset &+= 1
            let sign = byte(at: offset)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset &+= 1 }
            offset = try endOfDigits(from: offset)
        }
        return offset
    }

    @inline(__always)
    private func endOfDigits(from start: Int) throws(JSONError) -> Int {
        guard isDigit(at: start) else { throw failure(.invalidNumber, at: start) }
        var offset = start &+ 1
        while isDigit(at: offset) { offset &+= 1 }
        return offset
    }

    @inline(__always)
    private func isDigit(at offset: Int) -> Bool {
        byte(at: offset) &- UInt8(ascii: "0") < 10
    }
}
