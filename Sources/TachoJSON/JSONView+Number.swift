extension JSONView {
    /// The number, if it is an integer of 64 bits, however it is written: `12`, `12.0`, `1e3`.
    ///
    /// `nil` for fractions, larger numbers, and other kinds.
    package func integer() -> Int64? {
        number.flatMap { JSONDecimal($0)?.integer }
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
