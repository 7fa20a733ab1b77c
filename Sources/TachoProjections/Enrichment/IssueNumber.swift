package import TachoJSON

/// The number of an issue as a state file or a log says it: a number, or text that holds one.
///
/// Text may have blanks around it, a sign, and single underscores between digits of any script, as
/// Python's `int` reads it; a fraction is cut off, `true` is 1. What is not above zero is rejected.
/// The reference also rejects 6, 13, and 999, which were left over from its tests; here the list is
/// the caller's, and empty unless he says otherwise (B18).
///
/// Source: semantics §3.1, golden `issue_number_validation`.
package enum IssueNumber: Hashable, Sendable {
    case absent
    case number(Int64)
    /// There is something, and it is no issue number. The reference drops the workflow.
    case rejected

    /// What the reference rejects besides.
    package static let referenceExclusions: [Int64] = [6, 13, 999]

    package init(_ value: JSONView?, excluding exclusions: [Int64] = []) {
        guard let value, !value.isNull else {
            self = .absent
            return
        }
        guard let number = Self.integer(value), number > 0, !exclusions.contains(number) else {
            self = .rejected
            return
        }
        self = .number(number)
    }

    package var value: Int64? {
        if case .number(let number) = self { number } else { nil }
    }

    private static func integer(_ value: JSONView) -> Int64? {
        switch value.kind {
        case .boolean: value.boolean() == true ? 1 : 0
        case .number:
            value.integer() ?? value.double().flatMap { Int64(exactly: $0.rounded(.towardZero)) }
        case .string: value.withText { integer(text: $0) } ?? nil
        case .null, .array, .object: nil
        }
    }

    private static func integer(text: UnsafeRawBufferPointer) -> Int64? {
        // Far more digits than 64 bits hold, and no reason to look at a megabyte.
        guard text.count < 256 else { return nil }
        if let number = plainDigits(text) { return number }
        var scalars = String(decoding: text, as: UTF8.self).unicodeScalars[...]
        scalars = scalars.drop { $0.properties.isWhitespace }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        let isNegative = scalars.first == "-"
        if isNegative || scalars.first == "+" { scalars.removeFirst() }

        var value: Int64 = 0
        var mayBeUnderscore = false
        for scalar in scalars {
            if scalar == "_", mayBeUnderscore {
                mayBeUnderscore = false
                continue
            }
            guard scalar.properties.numericType == .decimal,
                let digit = scalar.properties.numericValue.flatMap({ Int64(exactly: $0) })
            else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = tens.addingReportingOverflow(digit)
            guard !overflow, !isTooLarge else { return nil }
            value = sum
            mayBeUnderscore = true
        }
        // An underscore at the end, or nothing at all.
        guard mayBeUnderscore else { return nil }
        return isNegative ? -value : value
    }

    /// What nearly every such text is: a few digits of ASCII, for which no scalar has to be looked up.
    private static func plainDigits(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard 1...18 ~= text.count else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard byte &- 0x30 < 10 else { return nil }
            value = value * 10 + Int64(byte &- 0x30)
        }
        return value
    }
}
