import CSQLite

/// What SQL can call here besides SQLite's own functions.
enum Functions {
    /// Adds the collations and functions to a connection.
    static func register(in database: OpaquePointer) {
        sqlite3_create_collation(database, MomentText.collation, SQLITE_UTF8, nil) {
            MomentText.compare(
                UnsafeRawBufferPointer(start: $2, count: Int($1)),
                UnsafeRawBufferPointer(start: $4, count: Int($3)))
        }
        sqlite3_create_collation(database, MoneyText.collation, SQLITE_UTF8, nil) {
            MoneyText.compare(
                UnsafeRawBufferPointer(start: $2, count: Int($1)),
                UnsafeRawBufferPointer(start: $4, count: Int($3)))
        }
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        sqlite3_create_function_v2(
            database, "usd", 1, flags, nil, { Functions.usd($0, $2) }, nil, nil, nil)
        sqlite3_create_function_v2(
            database, "percentile_disc", 2, flags, nil, nil, { Percentile.step($0, $2) },
            { Percentile.finish($0) }, nil)
    }

    /// `usd(pico-dollars)`: dollars in decimal text.
    private static func usd(
        _ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) {
        guard let value = values?[0], sqlite3_value_numeric_type(value) == SQLITE_INTEGER else {
            return sqlite3_result_null(context)
        }
        SQLText.giveMoney(sqlite3_value_int64(value), to: context)
    }
}

/// `percentile_disc(value, fraction)`: the smallest value that is not below so many of all, by the
/// nearest rank, as Tacho's latencies are; 0.5 is the median.
private final class Percentile {
    private var numbers: [Double] = []
    private var areWhole = true
    private var fraction = 0.5

    static func step(
        _ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) {
        guard let values, let value = values[0], let fraction = values[1],
            let memory = sqlite3_aggregate_context(
                context, Int32(MemoryLayout<UnsafeRawPointer?>.size))
        else { return }
        let place = memory.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        if place.pointee == nil {
            let state = Percentile()
            state.fraction = sqlite3_value_double(fraction)
            place.pointee = Unmanaged.passRetained(state).toOpaque()
        }
        guard let known = place.pointee else { return }
        let state = Unmanaged<Percentile>.fromOpaque(known)
        switch sqlite3_value_numeric_type(value) {
        case SQLITE_INTEGER:
            state._withUnsafeGuaranteedRef { $0.numbers.append(Double(sqlite3_value_int64(value))) }
        case SQLITE_FLOAT:
            state._withUnsafeGuaranteedRef {
                $0.numbers.append(sqlite3_value_double(value))
                $0.areWhole = false
            }
        default: break
        }
    }

    static func finish(_ context: OpaquePointer?) {
        guard let memory = sqlite3_aggregate_context(context, 0) else {
            return sqlite3_result_null(context)
        }
        let place = memory.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        guard let known = place.pointee else { return sqlite3_result_null(context) }
        place.pointee = nil
        let state = Unmanaged<Percentile>.fromOpaque(known).takeRetainedValue()
        guard (0...1).contains(state.fraction) else {
            return sqlite3_result_error(context, "percentile_disc: the fraction is from 0 to 1", -1)
        }
        guard !state.numbers.isEmpty else { return sqlite3_result_null(context) }
        let count = state.numbers.count
        let rank = Int((Double(count) * state.fraction).rounded(.up))
        let number = state.numbers.element(ofRank: min(max(rank, 1), count) - 1)
        if state.areWhole, let whole = Int64(exactly: number) {
            sqlite3_result_int64(context, whole)
        } else {
            sqlite3_result_double(context, number)
        }
    }
}
