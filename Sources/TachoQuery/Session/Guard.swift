import CSQLite

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a connection asks before it does something, and while it does it.
final class Guard {
    /// What was refused last, in words.
    var refused: String?
    /// A table of ours tells SQLite its columns.
    var isDeclaring = false
    /// A statement is planned that wants nothing but a count.
    var isCounting = false
    /// Nanoseconds of the monotonic clock.
    var deadline: UInt64?
    private(set) var isTimedOut = false

    /// Pragmas that only tell something.
    private static let harmlessPragmas: Set = [
        "table_info", "table_xinfo", "table_list", "function_list", "module_list", "pragma_list",
        "collation_list", "compile_options", "database_list",
    ]

    func start(_ timeout: Duration?) {
        isTimedOut = false
        deadline = timeout.map {
            let (seconds, fraction) = $0.components
            return Self.now() + UInt64(clamping: seconds) * 1_000_000_000
                + UInt64(clamping: fraction / 1_000_000_000)
        }
    }

    static func now() -> UInt64 {
        monotonicNanoseconds()
    }

    /// Reading, calling functions, and telling about itself is allowed; nothing else is.
    func authorize(_ action: Int32, _ first: String?, _ second: String?) -> Int32 {
        if isDeclaring { return SQLITE_OK }
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION where second?.lowercased() != "load_extension": return SQLITE_OK
        case SQLITE_PRAGMA where Self.harmlessPragmas.contains(first?.lowercased() ?? ""):
            return SQLITE_OK
        default:
            refused = Self.name(action) + (first.map { " \($0)" } ?? "")
            return SQLITE_DENY
        }
    }

    private static func name(_ action: Int32) -> String {
        switch action {
        case SQLITE_INSERT: "insert into"
        case SQLITE_UPDATE: "update"
        case SQLITE_DELETE: "delete from"
        case SQLITE_ATTACH: "attach"
        case SQLITE_DETACH: "detach"
        case SQLITE_PRAGMA: "pragma"
        case SQLITE_FUNCTION: "the function"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: "transaction"
        default: "a change of the schema:"
        }
    }

    /// Not zero stops the statement.
    func progress() -> Int32 {
        guard let deadline, Self.now() > deadline else { return 0 }
        isTimedOut = true
        return 1
    }
}

private func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
