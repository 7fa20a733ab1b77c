package import TachoLog
import TachoProjections

/// What an erasure does to one table that was kept at a cut.
package struct KeptErased: Equatable, Sendable {
    package let table: String
    /// Below the directory of snapshots.
    package let file: String
    package let position: Position
    /// Rows of the subject: nameless now, without texts.
    package var rowCount = 0
    /// Cells of other rows that mentioned it.
    package var cellCount = 0
}

/// Takes a subject out of the tables that were kept at a cut, where the events cannot be folded again.
///
/// A row *of* the subject (its key mentions it, or one of the columns that say whose it is) keeps its
/// place and its numbers, as an erased event keeps its position: sums over the table, and links
/// between rows, stay exact. Its key becomes `erased:REQUEST:ROW`, and what else it says in words is
/// gone, but for what kind of thing it is. In other rows only the mention goes: a cell that is the
/// id becomes unknown, and in a longer one each byte of the id becomes `x`, so that what the fold
/// keeps there can still be read.
struct KeptErasure {
    let matcher: ErasureMatcher
    let request: Position
    /// What is looked for in cells.
    private let needles: Needles

    init(matcher: ErasureMatcher, request: Position) {
        self.matcher = matcher
        self.request = request
        var needles = matcher.needles
        // Events that mention a stream are others' and stay; what tables say of it they have from its
        // own, and nobody can tell the two apart any more.
        if matcher.selector.kind == .stream { needles.add(matcher.selector.id) }
        self.needles = needles
    }

    /// Columns that say whose a row is.
    static let owners: Set<String> = [
        "adw_id", "workflow_id", "session_id", "prompt_id", "request_id",
    ]
    /// Columns that say what kind of thing a row is, and not what or whose.
    static let kinds: Set<String> = [
        "complexity", "error_category", "event_type", "input_source", "issue_class", "kind",
        "model", "model_name", "model_used", "outcome", "output_source", "phase", "phase_name",
        "phase_status", "provider", "service_tier", "source", "sources", "speed", "status",
        "tool_name", "update_source", "workflow_template",
    ]

    private var ids: [[UInt8]] {
        switch matcher.selector.kind {
        case .workflow, .session, .prompt:
            [matcher.selector.id] + matcher.sessions.map(\.bytes)
        case .stream: [matcher.selector.id]
        case .field: []
        }
    }

    /// - Parameters:
    ///   - bytes: Of the kept table.
    ///   - found: What was done to it.
    /// - Returns: `nil` if nothing of the subject is in it.
    /// - Throws: ``SnapshotRefusal`` if the bytes are no kept table.
    func rewritten(
        _ bytes: [UInt8], _ found: inout KeptErased
    ) throws(SnapshotRefusal) -> [UInt8]? {
        let ids = ids
        var report = found
        let result = try KeptTable.changed(bytes, by: request) { header, row, values in
            let columns = header.columns
            if isOwn(values, columns, ids) {
                report.rowCount += 1
                makeNameless(&values, columns, row)
                return true
            }
            var isChanged = false
            for index in values.indices {
                guard let value = without(values[index], ids) else { continue }
                values[index] = value
                report.cellCount += 1
                isChanged = true
            }
            return isChanged
        }
        found = report
        return result
    }

    /// Whether a row is of the subject.
    private func isOwn(_ values: [Value], _ columns: [KeptColumn], _ ids: [[UInt8]]) -> Bool {
        for (value, column) in zip(values, columns) {
            guard case .text(let text) = value else { continue }
            if column.isKey {
                if ids.contains(text.bytes) || mentions(text.bytes) { return true }
            } else if Self.owners.contains(column.name), ids.contains(text.bytes) {
                return true
            }
        }
        return false
    }

    private func makeNameless(_ values: inout [Value], _ columns: [KeptColumn], _ row: Int) {
        for (index, column) in columns.enumerated() {
            switch values[index] {
            case .text(let text):
                if column.isKey {
                    values[index] = .text(ByteString("erased:\(request):\(row)"))
                } else if mentions(text.bytes)
                    || !Self.kinds.contains(column.name)
                        && !(column.isHidden && column.isIndexed)
                {
                    // What is hidden and indexed links rows to each other.
                    values[index] = .unknown
                }
            case .json: values[index] = .unknown
            case .unknown, .integer, .real, .boolean, .timestamp, .money: break
            }
        }
    }

    // MARK: Mentions

    private func mentions(_ bytes: [UInt8]) -> Bool {
        // An id that is short is looked for as a whole JSON string, which a text is not.
        bytes.withUnsafeBytes { needles.occur(inLine: $0) }
    }

    /// The value without the mention; `nil` if there is none.
    private func without(_ value: Value, _ ids: [[UInt8]]) -> Value? {
        switch value {
        case .text(let text):
            if ids.contains(text.bytes) { return .unknown }
            guard mentions(text.bytes) else { return nil }
            return masked(text.bytes).map { .text(ByteString($0)) } ?? .unknown
        case .json(let json):
            guard mentions(json) else { return nil }
            return masked(json).map(Value.json) ?? .unknown
        case .unknown, .integer, .real, .boolean, .timestamp, .money: return nil
        }
    }

    /// With `x` in the place of each byte of an id; `nil` if an id is spelled with escapes.
    private func masked(_ bytes: [UInt8]) -> [UInt8]? {
        var bytes = bytes
        for pattern in needles.patterns {
            // A short one stands in quotes, which stay.
            let quotes = pattern.first == UInt8(ascii: "\"") ? 1 : 0
            var start = 0
            while start + pattern.count <= bytes.count {
                guard bytes[start..<start + pattern.count].elementsEqual(pattern) else {
                    start += 1
                    continue
                }
                for index in start + quotes..<start + pattern.count - quotes {
                    bytes[index] = UInt8(ascii: "x")
                }
                start += pattern.count
            }
        }
        return mentions(bytes) ? nil : bytes
    }
}

/// The tables of a store that were kept at cuts.
struct KeptTables {
    let snapshots: SnapshotStore

    /// Takes a subject out of all of them, the table of sessions last: it tells which sessions are of
    /// a workflow, also when a crash made the rest wait.
    ///
    /// - Parameters:
    ///   - matcher: Of the subject.
    ///   - request: By which event.
    ///   - writes: Whether anything is changed, or only looked at.
    /// - Returns: Those that had something of it.
    /// - Throws: ``LogError``: `.damaged` if one cannot be read. Each is as before or as after.
    func erase(
        _ matcher: ErasureMatcher, request: Position, writes: Bool
    ) throws(LogError) -> [KeptErased] {
        let erasure = KeptErasure(matcher: matcher, request: request)
        let files = snapshots.keptFiles()
        let name = SessionsProjector.name
        var found = [KeptErased]()
        for file in files.filter({ $0.table != name }) + files.filter({ $0.table == name }) {
            var erased = KeptErased(table: file.table, file: file.path, position: file.position)
            // An expiry beside this has made a later cut: if that has something of it, the search at
            // the end finds it.
            guard let bytes = try snapshots.contents(of: file) else { continue }
            let result: [UInt8]?
            do throws(SnapshotRefusal) {
                result = try erasure.rewritten(bytes, &erased)
            } catch {
                throw LogError(
                    .damaged,
                    "\(snapshots.directory)/\(file.path) is damaged: what is in it cannot be told. "
                        + "Restore the file from a backup.")
            }
            guard let result else { continue }
            if writes { try snapshots.put(result, file.path) }
            found.append(erased)
        }
        return found
    }
}
