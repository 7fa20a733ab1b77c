extension JSONView {
    /// The number, if it is an integer of 64 bits, however it is written: `12`, `12.0`, `1e3`.
    ///
    /// `nil` for fractions, larger numbers, and other kinds.
    package func integer() -> Int64? {
        guard kind == .number else { return nil }
        return plainInteger ?? JSONDecimal(bytes)?.integer
    }

    /// A number that is up to eighteen digits and nothing else, as most of them are.
    private var plainInteger: Int64? {
        var cursor = start
        var value: Int64 = 0
        while cursor < limit {
            let byte = cursor.load(as: UInt8.self)
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else {
                // A sign in front, a fraction, or an exponent is not for here.
                let isOver = byte == 0x2C || byte == 0x7D || byte == 0x5D
                return isOver && cursor > start ? value : nil
            }
            guard cursor - start < 18 else { return nil }
            value = value &* 10 &+ Int64(digit)
            cursor += 1
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
