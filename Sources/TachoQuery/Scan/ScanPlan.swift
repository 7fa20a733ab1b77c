import CSQLite

/// What SQLite's planner and a table agreed on: which conditions the table looks after, and in which
/// order it gives its rows.
struct ScanPlan: Hashable {
    enum Comparison: Hashable {
        case equal, same, notEqual, notSame
        case less, lessOrEqual, greater, greaterOrEqual
        case like, glob
        case unknown, known

        init?(_ code: UInt8) {
            switch Int32(code) {
            case SQLITE_INDEX_CONSTRAINT_EQ: self = .equal
            case SQLITE_INDEX_CONSTRAINT_IS: self = .same
            case SQLITE_INDEX_CONSTRAINT_NE: self = .notEqual
            case SQLITE_INDEX_CONSTRAINT_ISNOT: self = .notSame
            case SQLITE_INDEX_CONSTRAINT_LT: self = .less
            case SQLITE_INDEX_CONSTRAINT_LE: self = .lessOrEqual
            case SQLITE_INDEX_CONSTRAINT_GT: self = .greater
            case SQLITE_INDEX_CONSTRAINT_GE: self = .greaterOrEqual
            case SQLITE_INDEX_CONSTRAINT_LIKE: self = .like
            case SQLITE_INDEX_CONSTRAINT_GLOB: self = .glob
            case SQLITE_INDEX_CONSTRAINT_ISNULL: self = .unknown
            case SQLITE_INDEX_CONSTRAINT_ISNOTNULL: self = .known
            default: return nil
            }
        }

        var isPattern: Bool { self == .like || self == .glob }
        var hasOperand: Bool { self != .unknown && self != .known }
    }

    struct Term: Hashable {
        /// Place among the table's columns of SQL; -1 is the row's number.
        var column: Int
        var comparison: Comparison
        /// Which of the arguments of `xFilter` it is compared with; 0 without an operand.
        var argument: Int
        /// The operand is the list of an `IN`.
        var isList: Bool
    }

    struct Order: Hashable {
        var column: Int
        var isDescending: Bool
    }

    var terms: [Term] = []
    /// Empty for the order of the table.
    var order: [Order] = []
    /// One row stands for all of them, with their count in the column of that name.
    var isCounted = false
}
