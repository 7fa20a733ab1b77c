import CSQLite

/// What a statement may use up.
package struct SQLLimits: Sendable {
    /// Of all statements of a script together; `nil` for any.
    package var timeout: Duration?
    /// Of SQLite in this process, all sessions together; `nil` for any.
    package var memoryByteCount: Int?
    /// Of one text or blob.
    package var valueByteCount = 256 << 20

    package init(timeout: Duration? = nil, memoryByteCount: Int? = nil) {
        self.timeout = timeout
        self.memoryByteCount = memoryByteCount
    }

    func apply(to database: OpaquePointer) {
        if let memoryByteCount { sqlite3_hard_heap_limit64(Int64(memoryByteCount)) }
        let limits: [(Int32, Int)] = [
            (SQLITE_LIMIT_LENGTH, valueByteCount),
            (SQLITE_LIMIT_SQL_LENGTH, 1_000_000),
            (SQLITE_LIMIT_EXPR_DEPTH, 200),
            (SQLITE_LIMIT_COMPOUND_SELECT, 200),
            (SQLITE_LIMIT_VDBE_OP, 1_000_000),
            (SQLITE_LIMIT_ATTACHED, 0),
            (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
            // Matching takes time as the product of text and pattern, and cannot be stopped.
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
        ]
        for (limit, value) in limits {
            sqlite3_limit(database, limit, Int32(clamping: value))
        }
    }
}
