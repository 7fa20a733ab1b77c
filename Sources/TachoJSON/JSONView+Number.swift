extension JSONView {
    /// The number, if it is an integer of 64 bits, however it is written: `12`, `12.0`, `1e3`.
    ///
    /// `nil` for fractions, larger numbers, and other kinds.
    package func integer() -> Int64? {
        if let digits = plainDigits { return digits }
        return number.flatMap { JSONDecimal($0)?.integer }
    }

    /// What nearly every number of a log is: digits that fit, and nothing else.
    @inline(__always)
    private var plainDigits: Int64? {
        var cursor = start
        let end = min(limit, start + 18)
        var value: Int64 = 0
        while cursor < end {
            let digit = cursor.load(as: UInt8.self) &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ Int64(digit)
            cursor += 1
        }
        guard cursor > start, !JSONScan.isScalarByte(JSONScan.byte(at: cursor, limit)) else {
            return nil
        }
        return value
    }

    /// As ``integer()``, and also of a string that holds an integer and nothing else.
    package func integerLenient() -> Int64? {
        if let value = integer() { return value }
        return withText { JSONDecimal($0)?.integer } ?? nil
    }

    /// The `Double` nearest to the number; `nil` for other kinds and above the largest `Double`.
    package func double() -> Double? {
        number.flatMap { JSONDecimal($0)?.double }
    }

    /// The number as it is written; no digit is lost.
    package func decimalText() -> Substring? {
        number.map { Substring(String(decoding: $0, as: UTF8.self)) }
    }

    /// The bytes of the number as it is written; `nil` for other kinds.
    @inlinable
    package var number: UnsafeRawBufferPointer? {
        kind == .number ? bytes : nil
    }
}
