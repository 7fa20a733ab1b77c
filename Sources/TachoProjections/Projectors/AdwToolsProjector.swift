package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds the registry of tools, and their calls, into one row a tool.
///
/// A call is counted once, however many events are about its `tool_call_id`: a later one may say
/// how it ended, or otherwise, and add the first duration, tokens, and cost that are told of it.
/// A call without an id is its event. A tool that is called and was never registered has a row in
/// which only its name and its numbers are known.
///
/// Source: semantics §1.4, §1.9.
package struct AdwToolsProjector: Projector {
    package static let version = 2
    /// Version 1, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [1]
    package static let inputs: [TypePattern] = [
        "tool.registered", "tool.updated", "tool.deprecated", "tool.call",
    ]

    private static let names = MemberNames<Column>(schema)

    /// A copy, for finding calls, of what the table's hidden cells say; by row.
    private var ledgers: [Int: CallLedger] = [:]
    private static let ledgerLimit = 64

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let key = try members.key(.toolName, Self.schema)
        let (row, isNew) = table.rowToChange(key, at: event)
        if isNew {
            for column in [Column.totalInvocations, .successCount, .failureCount] {
                table.set(column, of: row, integer: 0)
            }
        }
        if event.type.equals("tool.call") {
            count(event, row, &table)
        } else {
            register(members, event, row, &table)
        }
    }

    // MARK: The registry

    private func register(
        _ members: RecordedMembers<Column>, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        table.renew(
            [.description, .toolSchema, .scriptPath, .outputFormat, .status], of: row,
            from: members)
        table.renew(Column.inputPatterns, of: row, list: members[.inputPatterns])
        if event.type.equals("tool.deprecated") {
            table.set(Column.status, of: row, text: "deprecated")
        } else if event.type.equals("tool.registered") {
            table.fill(Column.registeredAt, of: row, timestamp: event.occurred)
            if members[.status]?.kind != .string {
                table.set(Column.status, of: row, text: "active")
            }
        }
        table.set(Column.updatedAt, of: row, timestamp: event.occurred)
    }

    // MARK: Calls

    private mutating func count(_ event: Event, _ row: Int, _ table: inout Table) {
        let call = LoggedCall(event.data)
        let hash = call.id.flatMap { id in
            id.withText { $0.isEmpty ? nil : ContentHash.hash($0) } ?? nil
        }
        let counted = hash.flatMap { ledger(row, table)[$0] }
        // The calls before this one: what the averages stand for.
        let others = max(
            0, (table.integer(Column.totalInvocations, row) ?? 0) - (counted == nil ? 0 : 1))
        var facts = counted ?? []
        Self.add(Measures(event.data, call), &facts, others, row, &table)
        Self.judge(call.success?.boolean(), &facts, row, &table)
        if counted == nil { table.add(1, to: Column.totalInvocations, of: row) }
        _ = table.raise(
            Column.lastInvoked, of: row, to: call.startedAt?.moment ?? event.occurred)
        guard let hash, facts != counted, let entry = ledgers[row]?.record(hash, facts) else {
            return
        }
        table.add(
            entry, to: row, recent: Column.recentCalls, middle: .middleCalls, older: .olderCalls)
    }

    private mutating func ledger(_ row: Int, _ table: Table) -> CallLedger {
        if let ledger = ledgers[row] { return ledger }
        if ledgers.count == Self.ledgerLimit { ledgers.removeAll() }
        let cells: [Column] = [.olderCalls, .middleCalls, .recentCalls]
        let ledger = CallLedger(cells: cells.map { table.withText($0, row) { Array($0) } })
        ledgers[row] = ledger
        return ledger
    }

    /// The reference counts a call as failed until it says otherwise; here one that says nothing
    /// is neither.
    private static func judge(
        _ success: Bool?, _ facts: inout CallLedger.Facts, _ row: Int, _ table: inout Table
    ) {
        guard let success else { return }
        if facts.contains(.isJudged) {
            guard facts.contains(.succeeded) != success else { return }
            table.add(-1, to: success ? Column.failureCount : .successCount, of: row)
        }
        table.add(1, to: success ? Column.successCount : .failureCount, of: row)
        facts.insert(.isJudged)
        if success { facts.insert(.succeeded) } else { facts.remove(.succeeded) }
        let successes = Double(table.integer(Column.successCount, row) ?? 0)
        let failures = Double(table.integer(Column.failureCount, row) ?? 0)
        table.set(Column.successRate, of: row, real: successes / (successes + failures))
    }

    /// (average × calls before + new) / (calls before + 1), each only where it is given; the first
    /// average counts from 0, for the calls too that did not give it (semantics §1.4).
    private static func add(
        _ measures: Measures, _ facts: inout CallLedger.Facts, _ others: Int64, _ row: Int,
        _ table: inout Table
    ) {
        if let seconds = measures.seconds, facts.insert(.hasDuration).inserted {
            average(seconds, .avgDurationSeconds, others, row, &table)
        }
        if let tokens = measures.tokens, facts.insert(.hasTokens).inserted {
            average(Double(tokens), .avgTokensConsumed, others, row, &table)
        }
        guard let cost = measures.cost, facts.insert(.hasCost).inserted else { return }
        let old = Int128(table.money(Column.avgCostUsd, row) ?? 0)
        let count = Int128(others) + 1
        // Half up: amounts are not below zero.
        let mean = (2 * (old * Int128(others) + Int128(cost)) + count) / (2 * count)
        table.set(Column.avgCostUsd, of: row, money: Int64(clamping: mean))
    }

    private static func average(
        _ value: Double, _ column: Column, _ others: Int64, _ row: Int, _ table: inout Table
    ) {
        let sum = (table.real(column, row) ?? 0) * Double(others) + value
        // Beyond the largest number there is no average.
        guard sum.isFinite else { return }
        table.set(column, of: row, real: sum / (Double(others) + 1))
    }
}

/// What a call took, where it says so; nothing takes less than nothing.
private struct Measures {
    let seconds: Double?
    let tokens: Int64?
    /// Pico-dollars.
    let cost: Int64?

    init(_ data: JSONView, _ call: LoggedCall) {
        let seconds =
            call.durationSeconds?.double() ?? call.durationMilliseconds?.double().map { $0 / 1000 }
        self.seconds = seconds.flatMap { $0 >= 0 ? $0 : nil }
        let tokens = data["tokens_consumed"]?.integer() ?? data["tokens_used"]?.integer()
        self.tokens = tokens.flatMap { $0 >= 0 ? $0 : nil }
        cost = data["cost_usd"].flatMap { PicoDollars.parse($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
