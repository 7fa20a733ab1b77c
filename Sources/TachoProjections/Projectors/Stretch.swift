import TachoEvents
import TachoJSON
import TachoLog

/// A row of `tool_sequences` while calls are added to it.
///
/// Its lists are texts in the table: it is read at the first call of a batch, and written once at
/// the end of the batch.
struct Stretch {
    private(set) var callCount: Int64
    private var openCount: Int64
    private var failureCount: Int64
    private var retryCount: Int64
    private var startedAt: Timestamp?
    private var completedAt: Timestamp?
    private var success: Bool?
    private var open: OpenCalls
    private var signature: [UInt8]
    /// A list as JSON, without its end, because it only grows.
    private var names: [UInt8]
    /// Milliseconds.
    private var durations: [Int64?] = []
    private var context: WorkContext

    private typealias Column = ToolSequencesProjector.Column

    init(_ row: Int, _ table: Table) {
        func count(_ column: Column) -> Int64 { table.integer(column, row) ?? 0 }
        callCount = count(.callCount)
        openCount = count(.openCount)
        failureCount = count(.failureCount)
        retryCount = count(.retryCount)
        startedAt = table.timestamp(Column.startedAt, row)
        completedAt = table.timestamp(Column.completedAt, row)
        success = table.boolean(Column.success, row)
        open = table.withText(Column.state, row) { OpenCalls(cell: $0) } ?? OpenCalls()
        signature = table.withText(Column.sequenceSignature, row) { Array($0) } ?? []
        names = table.withJSON(Column.toolSequence, row) { Array($0.dropLast()) } ?? []
        context = table.withJSON(Column.context, row) { WorkContext(json: $0) } ?? WorkContext()
        table.withJSON(Column.stepDurations, row) { list in
            JSONView(validated: list).forEachElement {
                durations.append($0.integer())
                return true
            }
        }
    }

    func write(to row: Int, _ table: inout Table) {
        table.set(Column.callCount, of: row, integer: callCount)
        table.set(Column.openCount, of: row, integer: openCount)
        table.set(Column.failureCount, of: row, integer: failureCount)
        table.set(Column.retryCount, of: row, integer: retryCount)
        table.set(Column.startedAt, of: row, timestamp: startedAt)
        table.set(Column.completedAt, of: row, timestamp: completedAt)
        if let startedAt, let completedAt {
            table.set(
                Column.totalDurationMs, of: row,
                integer: Self.milliseconds(startedAt.microseconds, completedAt.microseconds))
        }
        if let success { table.set(Column.success, of: row, boolean: success) }
        table.set(Column.state, of: row, text: open.cell)
        table.set(Column.sequenceSignature, of: row, text: signature)
        table.set(Column.toolSequence, of: row, json: names + [UInt8(ascii: "]")])
        var writer = JSONWriter()
        writer.beginArray()
        for duration in durations { writer.valueOrNull(duration) }
        writer.endArray()
        table.set(Column.stepDurations, of: row, json: writer.bytes)
        writer.reset()
        context.write(to: &writer)
        table.set(Column.context, of: row, json: writer.bytes)
    }

    // MARK: Calls

    func isOpen(_ call: Int64) -> Bool { open.contains(call) }

    /// The same of a row that nothing was added to, of which no more is read.
    static func isOpen(_ call: Int64, _ row: Int, _ table: Table) -> Bool {
        table.withText(Column.state, row) { OpenCalls(cell: $0).contains(call) } ?? false
    }

    mutating func begin(_ step: CallStep, _ tool: KnownTools.Tool) {
        if callCount > 0 {
            signature.append(contentsOf: tool.name)
            names.append(contentsOf: tool.json)
        } else {
            signature.append(contentsOf: tool.name.dropFirst(Self.arrow.count))
            names.append(UInt8(ascii: "["))
            names.append(contentsOf: tool.json.dropFirst())
        }
        durations.append(nil)
        if open.failedTools.contains(tool.hash) { retryCount += 1 }
        open.calls.append(
            .init(
                place: UInt8(clamping: callCount), hash: step.call, tool: tool.hash,
                began: step.moment?.microseconds))
        callCount += 1
        openCount += 1
        startedAt = startedAt ?? step.moment
        context.add(tool.operation, path: step.path)
    }

    mutating func end(_ step: CallStep, isSuccess: Bool) {
        guard let index = open.calls.firstIndex(where: { $0.hash == step.call }) else { return }
        let call = open.calls.remove(at: index)
        open.failedTools.removeAll { $0 == call.tool }
        if !isSuccess { open.failedTools.append(call.tool) }
        openCount -= 1
        if !isSuccess { failureCount += 1 }
        success = open.failedTools.isEmpty
        let place = Int(call.place)
        if durations.indices.contains(place), let duration = Self.duration(step, call) {
            durations[place] = duration
        }
        if let moment = step.moment { completedAt = max(completedAt ?? moment, moment) }
    }

    static let arrow = Array("→".utf8)

    private static func duration(_ step: CallStep, _ call: OpenCalls.Call) -> Int64? {
        if let stated = step.duration, stated >= 0 { return stated }
        guard let began = call.began, let ended = step.moment?.microseconds else { return nil }
        return milliseconds(began, ended)
    }

    private static func milliseconds(_ start: Int64, _ end: Int64) -> Int64? {
        let (elapsed, overflow) = end.subtractingReportingOverflow(start)
        return overflow || elapsed < 0 ? nil : elapsed / 1000
    }
}
