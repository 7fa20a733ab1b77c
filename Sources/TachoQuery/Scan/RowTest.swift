import CSQLite
import TachoProjections

/// One condition on a column, made ready for looking at many rows.
enum RowTest {
    case nothing
    case everything
    case unknown
    case known
    /// Whole numbers in the range, or the known ones outside of it.
    case numbers(ClosedRange<Int64>, isOutside: Bool, orUnknown: Bool)
    case oneOfNumbers(Set<Int64>)
    case reals((Double) -> Bool, orUnknown: Bool)
    case texts((UnsafeRawBufferPointer) -> Bool, orUnknown: Bool)

    /// The condition `column comparison value`, by the rules of SQLite for a column of this form.
    ///
    /// - Returns: `nil` if only SQLite can say what it comes to: then all rows are given, and it
    ///   looks at them itself.
    static func make(
        _ form: QueryColumn.Form, _ comparison: ScanPlan.Comparison, _ value: OpaquePointer?
    ) -> RowTest? {
        if comparison == .unknown { return .unknown }
        if comparison == .known { return .known }
        guard let value else { return nil }
        if sqlite3_value_type(value) == SQLITE_NULL {
            switch comparison {
            case .same: return .unknown
            case .notSame: return .known
            default: return .nothing
            }
        }
        switch form {
        case .text, .key, .value: return text(comparison, value)
        case .real: return real(comparison, value)
        case .integer, .boolean, .moment, .money:
            guard let operand = WholeOperand(value, form), !comparison.isPattern else { return nil }
            return number(comparison, operand)
        }
    }

    private static func number(
        _ comparison: ScanPlan.Comparison, _ operand: WholeOperand
    ) -> RowTest {
        let isOutside = comparison == .notEqual || comparison == .notSame
        guard let range = operand.range(isOutside ? .equal : comparison) else {
            if comparison == .notSame { return .everything }
            return isOutside ? .known : .nothing
        }
        return .numbers(range, isOutside: isOutside, orUnknown: comparison == .notSame)
    }

    private static func real(
        _ comparison: ScanPlan.Comparison, _ value: OpaquePointer
    ) -> RowTest? {
        let number: Double
        switch sqlite3_value_type(value) {
        case SQLITE_FLOAT: number = sqlite3_value_double(value)
        case SQLITE_INTEGER:
            guard let exact = Double(exactly: sqlite3_value_int64(value)) else { return nil }
            number = exact
        default: return nil
        }
        switch comparison {
        case .equal, .same: return .reals({ $0 == number }, orUnknown: false)
        case .notEqual: return .reals({ $0 != number }, orUnknown: false)
        case .notSame: return .reals({ $0 != number }, orUnknown: true)
        case .less: return .reals({ $0 < number }, orUnknown: false)
        case .lessOrEqual: return .reals({ $0 <= number }, orUnknown: false)
        case .greater: return .reals({ $0 > number }, orUnknown: false)
        case .greaterOrEqual: return .reals({ $0 >= number }, orUnknown: false)
        case .like, .glob, .unknown, .known: return nil
        }
    }

    private static func text(
        _ comparison: ScanPlan.Comparison, _ value: OpaquePointer
    ) -> RowTest? {
        guard sqlite3_value_type(value) == SQLITE_TEXT else { return nil }
        let operand = SQLValue.textBytes(of: value)
        func order(_ text: UnsafeRawBufferPointer) -> Int32 {
            operand.withUnsafeBytes { text.order(against: $0) }
        }
        func isEqual(_ text: UnsafeRawBufferPointer) -> Bool {
            text.count == operand.count && order(text) == 0
        }
        switch comparison {
        case .equal, .same: return .texts(isEqual, orUnknown: false)
        case .notEqual: return .texts({ !isEqual($0) }, orUnknown: false)
        case .notSame: return .texts({ !isEqual($0) }, orUnknown: true)
        case .less: return .texts({ order($0) < 0 }, orUnknown: false)
        case .lessOrEqual: return .texts({ order($0) <= 0 }, orUnknown: false)
        case .greater: return .texts({ order($0) > 0 }, orUnknown: false)
        case .greaterOrEqual: return .texts({ order($0) >= 0 }, orUnknown: false)
        case .like: return pattern(operand) { sqlite3_strlike($0, $1, 0) }
        case .glob: return pattern(operand) { sqlite3_strglob($0, $1) }
        case .unknown, .known: return nil
        }
    }

    /// SQLite's own matching, which wants texts that end with a 0.
    private static func pattern(
        _ pattern: [UInt8],
        _ match: @escaping (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    ) -> RowTest {
        let pattern = pattern.map(CChar.init(bitPattern:)) + [0]
        return .texts(
            { text in
                withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
                    guard let address = copy.baseAddress else { return false }
                    UnsafeMutableRawBufferPointer(copy).copyMemory(from: text)
                    copy[text.count] = 0
                    return match(pattern, address) == 0
                }
            }, orUnknown: false)
    }

    /// A condition `column IN (…)`, of which each value is one of `values`.
    ///
    /// - Returns: `nil` if there is a value that only SQLite can compare.
    static func make(_ form: QueryColumn.Form, oneOf values: [OpaquePointer]) -> RowTest? {
        let known = values.filter { sqlite3_value_type($0) != SQLITE_NULL }
        switch form {
        case .text, .key, .value:
            guard known.allSatisfy({ sqlite3_value_type($0) == SQLITE_TEXT }) else { return nil }
            let texts = Set(known.map { SQLValue.textBytes(of: $0) })
            return .texts({ texts.contains(Array($0)) }, orUnknown: false)
        case .integer, .boolean, .moment, .money:
            var numbers = Set<Int64>()
            for value in known {
                guard let operand = WholeOperand(value, form) else { return nil }
                if let range = operand.range(.equal) { numbers.insert(range.lowerBound) }
            }
            return .oneOfNumbers(numbers)
        case .real:
            return nil
        }
    }
}

extension WholeOperand {
    /// The number that SQLite would compare with cells of this form; `nil` if it would compare
    /// something else.
    init?(_ value: OpaquePointer, _ form: QueryColumn.Form) {
        guard sqlite3_value_type(value) != SQLITE_BLOB, let copy = sqlite3_value_dup(value) else {
            return nil
        }
        // A copy, because looking at a value as another type changes it.
        defer { sqlite3_value_free(copy) }
        switch form {
        case .integer, .boolean:
            switch sqlite3_value_numeric_type(copy) {
            case SQLITE_INTEGER: self.init(sqlite3_value_int64(copy))
            case SQLITE_FLOAT: self.init(sqlite3_value_double(copy))
            default: return nil
            }
        case .moment:
            let text = SQLValue.textBytes(of: copy)
            guard let moment = text.withUnsafeBytes({ MomentText.microseconds($0) }) else {
                return nil
            }
            self.init(moment)
        case .money:
            let text = SQLValue.textBytes(of: copy)
            guard let amount = text.withUnsafeBytes({ MoneyText.amount($0) }) else { return nil }
            self = amount
        case .text, .key, .value, .real:
            return nil
        }
    }
}
