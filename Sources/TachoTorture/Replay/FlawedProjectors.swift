internal import TachoEvents
internal import TachoLog
internal import TachoProjections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a replay folds: our tables, or a projector with a bug that it has to see.
enum ReplaySet: String, CaseIterable {
    case tables
    case batches
    case memory
    case process

    var projectors: [any Projector.Type] {
        switch self {
        case .tables: allProjectors
        case .batches: [BatchSensitive.self]
        case .memory: [Forgetful.self]
        case .process: [ProcessSensitive.self]
        }
    }
}

/// Says something else in batches of another size: it looks whether an event lies in memory right
/// behind the one before.
private struct BatchSensitive: Projector {
    static let schema = flawedSchema
    static let version = 1
    static let inputs: [TypePattern] = ["*"]
    /// An address that is compared and never followed.
    private var end: UInt?

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        let line = event.record.line
        let start = UInt(bitPattern: line.baseAddress)
        table.count(start == end ? 1 : 0, at: event)
        end = start &+ UInt(line.count)
    }
}

/// Keeps what it needs beside the table, where no snapshot finds it.
private struct Forgetful: Projector {
    static let schema = flawedSchema
    static let version = 1
    static let inputs: [TypePattern] = ["*"]
    private var seenCount: Int64 = 0

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        seenCount += 1
        table.count(seenCount % 2, at: event)
    }
}

/// Says something else in another process.
private struct ProcessSensitive: Projector {
    static let schema = flawedSchema
    static let version = 1
    static let inputs: [TypePattern] = ["*"]

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        table.count(Int64(getpid()), at: event)
    }
}

private let flawedSchema = TableSchema(
    name: "flawed", key: "type",
    columns: [ColumnDefinition("type", .text), ColumnDefinition("count", .integer)])

extension Table {
    fileprivate mutating func count(_ number: Int64, at event: Event) {
        let (row, isNew) = rowOrInsert(key: event.type, at: event)
        if !isNew { touch(row, at: event) }
        set(1, of: row, integer: (integer(1, row) ?? 0) &+ number)
    }
}
