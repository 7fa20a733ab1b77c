package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds the calls of each agent into the stretches of work between two words of a person.
///
/// A stretch has at most ``callLimit`` calls; a longer one goes on in the next row. Subagents have
/// stretches of their own, so that what runs side by side is not taken for one after the other.
///
/// Several sources may tell of the same session. Only the one that told first counts, for the whole
/// session: two views of one call would otherwise be two calls.
///
/// Source: the seed's `tool_sequences`; DESIGN §8.
package struct ToolSequencesProjector: Projector {
    package static let version = 1
    package static let inputs = CallStep.inputs

    package static let callLimit = 32
    /// A longer name is cut; 10 KB of a name are nobody's tool.
    package static let nameByteLimit = 64

    /// Copies of what the table's indexes say: the newest row of an agent, who tells of a session.
    private var newestRows: [ByteString: Int] = [:]
    private var firstRows: [ByteString: Int] = [:]
    private static let memoryLimit = 1 << 14
    /// Of sessions that may be told again: the calls that were; what the rows' hidden cells say.
    private var toldCalls: [ByteString: Set<Int64>] = [:]
    private static let toldLimit = 256

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        var steps: [CallStep] = []
        CallStep.forEach(in: event) { steps.append($0) }
        for step in steps { apply(step, event, &table) }
    }

    private mutating func apply(_ step: CallStep, _ event: Event, _ table: inout Table) {
        let first = remembered(step.session, \.firstRows, table) {
            $0.rows(where: Column.sessionID, equals: step.session).first
        }
        let witness = CallStep.witness(of: event)
        if let first, !table.text(Column.source, first, equals: witness) { return }
        let key = Self.agentKey(step)
        let newest = remembered(key, \.newestRows, table) {
            $0.rows(where: Column.agentKey, equals: key).last
        }
        switch step.kind {
        case .began:
            if step.mayComeAgain, !isNews(step, table) { return }
            let row = openRow(step, key, after: newest, event, &table)
            begin(step, row, event, &table)
            if step.mayComeAgain { tell(step, row, &table) }
            if first == nil { firstRows[step.session] = row }
        case .ended(let isSuccess):
            guard let newest else { return }
            end(step, isSuccess, newest, event, &table)
        case .prompted:
            if let newest { table.set(Column.isClosed, of: newest, boolean: true) }
        }
    }

    private mutating func remembered(
        _ key: ByteString, _ memory: WritableKeyPath<Self, [ByteString: Int]>, _ table: Table,
        _ find: (Table) -> Int?
    ) -> Int? {
        if let row = self[keyPath: memory][key] { return row }
        guard let row = find(table) else { return nil }
        if self[keyPath: memory].count >= Self.memoryLimit { self[keyPath: memory].removeAll() }
        self[keyPath: memory][key] = row
        return row
    }

    // MARK: Calls that may come again

    /// Whether a call of a session that is told again and again is told for the first time.
    private mutating func isNews(_ step: CallStep, _ table: Table) -> Bool {
        if toldCalls[step.session] == nil {
            if toldCalls.count >= Self.toldLimit { toldCalls.removeAll() }
            var told = Set<Int64>()
            for row in table.rows(where: Column.sessionID, equals: step.session) {
                table.withText(Column.toldCalls, row) { bytes in
                    for offset in stride(from: 0, to: bytes.count, by: 8) {
                        let word = bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)
                        told.insert(Int64(littleEndian: word))
                    }
                }
            }
            toldCalls[step.session] = told
        }
        return toldCalls[step.session]?.insert(step.call).inserted ?? true
    }

    private func tell(_ step: CallStep, _ row: Int, _ table: inout Table) {
        var bytes = table.withText(Column.toldCalls, row) { Array($0) } ?? []
        withUnsafeBytes(of: step.call.littleEndian) { bytes.append(contentsOf: $0) }
        table.set(Column.toldCalls, of: row, text: bytes)
    }

    private static func agentKey(_ step: CallStep) -> ByteString {
        guard let agent = step.agent?.text(), !agent.isEmpty else { return step.session }
        return ByteString(step.session.bytes + [UInt8(ascii: "/")] + agent)
    }

    // MARK: Begin

    private mutating func openRow(
        _ step: CallStep, _ key: ByteString, after newest: Int?, _ event: Event,
        _ table: inout Table
    ) -> Int {
        var isFull = false
        if let newest {
            isFull = (table.integer(Column.callCount, newest) ?? 0) >= Int64(Self.callLimit)
            if !isFull, table.boolean(Column.isClosed, newest) != true { return newest }
        }
        let number = newest.flatMap { table.integer(Column.number, $0) }.map { $0 + 1 } ?? 1
        var id = Array(key.bytes)
        id.append(UInt8(ascii: ":"))
        id.appendDigits(Int(number))
        let row = table.rowOrInsert(key: ByteString(id), at: event).row
        if newestRows.count >= Self.memoryLimit { newestRows.removeAll() }
        newestRows[key] = row
        table.set(Column.agentKey, of: row, text: key)
        table.set(Column.number, of: row, integer: number)
        table.set(Column.sessionID, of: row, text: step.session)
        table.fill(Column.agentID, of: row, text: step.agent)
        table.fill(
            Column.workflowID, of: row, text: CallStep.workflow(of: event, session: step.session))
        table.set(Column.source, of: row, text: CallStep.witness(of: event))
        let isClosed = newest.map { table.boolean(Column.isClosed, $0) == true } ?? true
        table.set(Column.continues, of: row, boolean: isFull && !isClosed)
        for column in [Column.callCount, .failureCount, .openCount, .retryCount] {
            table.set(column, of: row, integer: 0)
        }
        return row
    }

    private func begin(_ step: CallStep, _ row: Int, _ event: Event, _ table: inout Table) {
        var open = OpenCalls(table.withText(Column.state, row) { Array($0) })
        // A message may be told twice; hooks without ids may tell two calls that are the same.
        let isMessage = !event.type.hasPrefix("hook.")
        if isMessage, open.calls.contains(where: { $0.hash == step.call }) { return }
        let place = table.integer(Column.callCount, row) ?? 0
        let name = Self.name(step.tool)
        let tool = name.withUnsafeBytes { ContentHash.hash($0) }
        append(name, isFirst: place == 0, row, &table)
        appendDuration("null", row, &table)
        if open.failedTools.contains(tool) { table.add(1, to: Column.retryCount, of: row) }
        open.calls.append(
            .init(
                place: UInt8(clamping: place), hash: step.call, tool: tool,
                began: step.moment?.microseconds))
        table.set(Column.state, of: row, text: open.cell)
        table.add(1, to: Column.callCount, of: row)
        table.add(1, to: Column.openCount, of: row)
        if let moment = step.moment { table.fill(Column.startedAt, of: row, timestamp: moment) }
        addContext(name, step.path, row, &table)
        table.touch(row, at: event)
    }

    /// The tool's name, without what a signature is made of.
    private static func name(_ tool: [UInt8]?) -> [UInt8] {
        guard let text = tool, !text.isEmpty else { return Array("unknown".utf8) }
        guard text.count > nameByteLimit else { return text }
        let hash = text.withUnsafeBytes { ContentHash.hash($0) }
        let digits = String(UInt64(bitPattern: hash), radix: 16)
        let start = text.withUnsafeBytes { Array($0.prefix(characterBytes: nameByteLimit - 17)) }
        return start + Array("~\(digits)".utf8)
    }

    private func append(_ name: [UInt8], isFirst: Bool, _ row: Int, _ table: inout Table) {
        var signature = table.withText(Column.sequenceSignature, row) { Array($0) } ?? []
        if !isFirst { signature.append(contentsOf: "→".utf8) }
        signature.append(contentsOf: name)
        table.set(Column.sequenceSignature, of: row, text: signature)

        var writer = JSONWriter()
        writer.value(name)
        append(writer.bytes, to: .toolSequence, row, &table)
    }

    private func appendDuration(_ text: String, _ row: Int, _ table: inout Table) {
        append(Array(text.utf8), to: .stepDurations, row, &table)
    }

    /// Adds an element to a list of our own writing.
    private func append(
        _ element: [UInt8], to column: Column, _ row: Int, _ table: inout Table
    ) {
        var list = table.json(column, row) ?? [UInt8(ascii: "[")]
        if list.last == UInt8(ascii: "]") { list[list.count - 1] = UInt8(ascii: ",") }
        list.append(contentsOf: element)
        list.append(UInt8(ascii: "]"))
        table.set(column, of: row, json: list)
    }

    // MARK: End

    private func end(
        _ step: CallStep, _ isSuccess: Bool, _ newest: Int, _ event: Event, _ table: inout Table
    ) {
        // A result may come after the next stretch has begun; the one before that is past.
        var row = newest
        var open = OpenCalls(table.withText(Column.state, row) { Array($0) })
        var index = open.calls.firstIndex { $0.hash == step.call }
        if index == nil, let before = rowBefore(newest, table) {
            row = before
            open = OpenCalls(table.withText(Column.state, row) { Array($0) })
            index = open.calls.firstIndex { $0.hash == step.call }
        }
        guard let index else { return }
        let call = open.calls.remove(at: index)
        open.failedTools.removeAll { $0 == call.tool }
        if !isSuccess { open.failedTools.append(call.tool) }
        table.set(Column.state, of: row, text: open.cell)
        table.add(-1, to: Column.openCount, of: row)
        if !isSuccess { table.add(1, to: Column.failureCount, of: row) }
        table.set(Column.success, of: row, boolean: open.failedTools.isEmpty)
        setDuration(step, call, row, &table)
        if let moment = step.moment {
            _ = table.raise(Column.completedAt, of: row, to: moment)
            if let start = table.timestamp(Column.startedAt, row),
                let end = table.timestamp(Column.completedAt, row)
            {
                table.set(
                    Column.totalDurationMs, of: row,
                    integer: Self.milliseconds(start.microseconds, end.microseconds))
            }
        }
        table.touch(row, at: event)
    }

    private func rowBefore(_ row: Int, _ table: Table) -> Int? {
        guard let number = table.integer(Column.number, row), number > 1,
            let key = table.text(Column.agentKey, row)
        else { return nil }
        var id = Array(key.bytes)
        id.append(UInt8(ascii: ":"))
        id.appendDigits(Int(number - 1))
        return table.row(forKey: ByteString(id))
    }

    private static func milliseconds(_ start: Int64, _ end: Int64) -> Int64? {
        let (elapsed, overflow) = end.subtractingReportingOverflow(start)
        return overflow || elapsed < 0 ? nil : elapsed / 1000
    }

    private func setDuration(
        _ step: CallStep, _ call: OpenCalls.Call, _ row: Int, _ table: inout Table
    ) {
        var duration = step.duration.flatMap { $0 >= 0 ? $0 : nil }
        if duration == nil, let began = call.began, let ended = step.moment?.microseconds {
            duration = Self.milliseconds(began, ended)
        }
        guard let duration, var list = table.json(Column.stepDurations, row),
            let place = Self.element(Int(call.place), of: list)
        else { return }
        var digits: [UInt8] = []
        digits.appendDigits(duration)
        list.replaceSubrange(place, with: digits)
        table.set(Column.stepDurations, of: row, json: list)
    }

    /// Where an element stands in a list of our own: numbers and nulls with commas between.
    private static func element(_ index: Int, of list: [UInt8]) -> Range<Int>? {
        var start = 1
        var rest = index
        while rest > 0 {
            guard let comma = list[start...].firstIndex(of: UInt8(ascii: ",")) else { return nil }
            start = comma + 1
            rest -= 1
        }
        let end = list[start...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "]") }
        return end.map { start..<$0 }
    }
}
