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
    package static let version = 5
    /// Version 2, of the same columns, took a call that iFlow repeats for two; 3 did not look at how
    /// long a transcript's result says that its tool ran; 4 took the agent's own words for a person's,
    /// and not a prompt in parts.
    package static let continuedVersions = [2, 3, 4]
    package static let inputs = CallStep.inputs

    package static let callLimit = 32
    /// A longer name is cut; 10 KB of a name are nobody's tool.
    package static let nameByteLimit = 64

    private var agents = AgentRows()
    private var tools = KnownTools()
    /// Of sessions that may be told again: the calls that were; what the rows' hidden cells say.
    private var toldCalls: [ByteString: Set<Int64>] = [:]
    private static let toldLimit = 256
    /// Rows that calls were added to since the last ``settle(_:)``.
    private var stretches = RowDrafts<Stretch>()

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        CallStep.forEach(in: event) { apply($0, event, &table) }
    }

    package mutating func settle(_ table: inout Table) {
        guard !stretches.isEmpty else { return }
        for row in stretches.rows { stretches.read(row) { $0.write(to: row, &table) } }
        stretches.removeAll()
    }

    private mutating func apply(_ step: CallStep, _ event: Event, _ table: inout Table) {
        let place = place(of: step.session, table)
        if let witness = place.witness, witness != CallStep.Witness(of: event) { return }
        guard let agent = step.agent?.text(), !agent.isEmpty else {
            return apply(step, step.session, place.newest, place.first, event, &table)
        }
        (Array(step.session) + [UInt8(ascii: "/")] + agent).withUnsafeBytes { key in
            let newest = self.place(of: key, table).newest
            apply(step, key, newest, place.first, event, &table)
        }
    }

    private mutating func place(
        of text: UnsafeRawBufferPointer, _ table: Table
    ) -> AgentRows.Place {
        agents.place(of: text) {
            let first = table.rows(where: Column.sessionID, equals: text).first
            return AgentRows.Place(
                newest: table.rows(where: Column.agentKey, equals: text).last, first: first,
                witness: first.flatMap { first in
                    CallStep.Witness.allCases.first {
                        table.text(Column.source, first, equals: $0.name)
                    }
                })
        }
    }

    /// Takes in a step of the agent that `key` names, whose last row is `newest`, in a session whose
    /// first row is `first`.
    private mutating func apply(
        _ step: CallStep, _ key: UnsafeRawBufferPointer, _ newest: Int?, _ first: Int?,
        _ event: Event, _ table: inout Table
    ) {
        switch step.kind {
        case .began:
            if step.mayComeAgain, !isNews(step, table) { return }
            let row = openRow(step, key, after: newest, event, &table)
            begin(step, row, event, &table)
            if step.mayComeAgain { tell(step, row, &table) }
            guard first == nil else { return }
            agents.change(step.session) {
                $0.first = row
                $0.witness = CallStep.Witness(of: event)
            }
        case .ended(let isSuccess):
            guard let newest else { return }
            end(step, isSuccess, newest, event, &table)
        case .prompted:
            if let newest { table.set(Column.isClosed, of: newest, boolean: true) }
        }
    }

    // MARK: Calls that may come again

    /// Whether a call of a session that is told again and again is told for the first time.
    private mutating func isNews(_ step: CallStep, _ table: Table) -> Bool {
        let session = ByteString(step.session)
        if toldCalls[session] == nil {
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
            toldCalls[session] = told
        }
        return toldCalls[session]?.insert(step.call).inserted ?? true
    }

    private func tell(_ step: CallStep, _ row: Int, _ table: inout Table) {
        var bytes = table.withText(Column.toldCalls, row) { Array($0) } ?? []
        withUnsafeBytes(of: step.call.littleEndian) { bytes.append(contentsOf: $0) }
        table.set(Column.toldCalls, of: row, text: bytes)
    }

    // MARK: Begin

    private mutating func openRow(
        _ step: CallStep, _ key: UnsafeRawBufferPointer, after newest: Int?, _ event: Event,
        _ table: inout Table
    ) -> Int {
        var isFull = false
        if let newest {
            let count =
                stretches.read(newest) { $0.callCount } ?? table.integer(Column.callCount, newest)
            isFull = (count ?? 0) >= Int64(Self.callLimit)
            if !isFull, table.boolean(Column.isClosed, newest) != true { return newest }
        }
        let number = newest.flatMap { table.integer(Column.number, $0) }.map { $0 + 1 } ?? 1
        var id = Array(key)
        id.append(UInt8(ascii: ":"))
        id.appendDigits(Int(number))
        let row = table.rowOrInsert(key: ByteString(id), at: event).row
        agents.change(key) { $0.newest = row }
        table.set(Column.agentKey, of: row, text: key)
        table.set(Column.number, of: row, integer: number)
        table.set(Column.sessionID, of: row, text: step.session)
        table.fill(Column.agentID, of: row, text: step.agent)
        table.fill(
            Column.workflowID, of: row, text: CallStep.workflow(of: event, session: step.session))
        table.set(Column.source, of: row, text: CallStep.Witness(of: event).name)
        let isClosed = newest.map { table.boolean(Column.isClosed, $0) == true } ?? true
        table.set(Column.continues, of: row, boolean: isFull && !isClosed)
        return row
    }

    private mutating func begin(
        _ step: CallStep, _ row: Int, _ event: Event, _ table: inout Table
    ) {
        // A message may be told twice; hooks without ids may tell two calls that are the same.
        let isMessage = !event.type.hasPrefix("hook.")
        if isMessage, isOpen(step.call, row, table) { return }
        let tool = tools.tool(named: step.tool)
        change(row, table) { $0.begin(step, tool) }
        table.touch(row, at: event)
    }

    // MARK: End

    private mutating func end(
        _ step: CallStep, _ isSuccess: Bool, _ newest: Int, _ event: Event, _ table: inout Table
    ) {
        // A result may come after the next stretch has begun; the one before that is past.
        var row = newest
        if !isOpen(step.call, row, table) {
            guard let before = rowBefore(newest, table), isOpen(step.call, before, table) else {
                return
            }
            row = before
        }
        change(row, table) { $0.end(step, isSuccess: isSuccess) }
        table.touch(row, at: event)
    }

    private func isOpen(_ call: Int64, _ row: Int, _ table: Table) -> Bool {
        if let isOpen = stretches.read(row, { $0.isOpen(call) }) { return isOpen }
        return Stretch.isOpen(call, row, table)
    }

    /// Changes the stretch of a row, which is read first if nothing was added to it in this batch.
    private mutating func change(
        _ row: Int, _ table: Table, _ body: (inout Stretch) -> Void
    ) {
        if stretches.change(row, body) != nil { return }
        // Not made where it is handed over: that would be a copy of the table for each call.
        var stretch = Stretch(row, table)
        body(&stretch)
        stretches[row, default: stretch] = stretch
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
}
