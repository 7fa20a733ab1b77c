import TachoLog
import TachoProjections

/// A table to open for an answer.
struct WantedTable: ExpressibleByStringLiteral {
    let name: String
    /// All that will be looked at; `nil` is everything.
    let reading: LiveTables.TableReading?

    /// - Parameters:
    ///   - name: The table's.
    ///   - columns: All that will be looked at; `nil` is everything. Using another one traps.
    init(_ name: String, columns: [String]? = nil) {
        self.name = name
        reading = columns.map { .columns($0) }
    }

    /// A table of which few rows are looked at.
    init(cellsOf name: String) {
        self.name = name
        reading = .cells
    }

    init(stringLiteral name: String) {
        self.init(name)
    }

    /// The tables among those that are wanted, and those that the views are made of, each once.
    static func together(_ wanted: [WantedTable], and views: [TableView]) -> [WantedTable] {
        var tables = wanted.filter { table in !views.contains { $0.name == table.name } }
        for view in views {
            let source = WantedTable(view.source, columns: view.columns)
            if let place = tables.firstIndex(where: { $0.name == view.source }) {
                tables[place] = tables[place].together(with: source)
            } else {
                tables.append(source)
            }
        }
        return tables
    }

    /// All that is looked at in either way.
    private func together(with other: WantedTable) -> WantedTable {
        guard case .columns(let own) = reading, case .columns(let others) = other.reading else {
            return WantedTable(name)
        }
        return WantedTable(name, columns: own + others.filter { !own.contains($0) })
    }
}

/// Tables opened for an answer, and what has to be said beside it.
struct OpenTables {
    let reader: LogReader
    let live: LiveTables
    /// No further than the log reaches; `nil` is now.
    let asOf: Position?
    /// If that is not what was asked for.
    let asOfNote: String?
    /// Those that were asked for.
    let views: [Table]

    /// Opens some of the tables: the newest snapshots, and what came since.
    ///
    /// - Parameters:
    ///   - wanted: The tables and views; `nil` is all. Each has to exist.
    ///   - location: The store.
    ///   - asOf: `nil` is now.
    ///   - messages: Whether progress is shown.
    /// - Throws: ``LogError`` if the log cannot be read at all; damage in it is reported.
    init(
        _ wanted: [WantedTable]?, in location: StoreLocation, asOf: AsOf? = nil,
        _ messages: MessageOptions
    ) throws {
        reader = try location.openReader()
        self.asOf = try asOf?.resolved(in: reader)
        asOfNote = asOf?.note(in: reader, now: .now)
        var options = LiveTables.Options()
        options.asOf = self.asOf
        options.writesSnapshots = true
        let wantedViews = allViews.filter { view in
            wanted?.contains { $0.name == view.name } ?? true
        }
        let tables = wanted.map { WantedTable.together($0, and: wantedViews) }
        for table in tables ?? [] { options.reads[table.name] = table.reading }
        let projectors = allProjectors.filter { type in
            tables?.contains { $0.name == type.name } ?? true
        }
        let progress = ProgressBar("folding", isQuiet: messages.isQuiet, color: messages.color)
        live = try LiveTables.open(
            reader, snapshots: SnapshotStore(directory: location.layout.snapshots),
            projectors: projectors, options: options
        ) { position, last in
            progress.update(
                Int(clamping: position.rawValue), of: Int(clamping: last.rawValue), unit: "events")
        }
        progress.finish()
        let projections = live.projections
        views = wantedViews.compactMap { view in
            projections.table(named: view.source).map { view.make(of: $0) }
        }
        let expired = live.report.damage.first { $0.code == .expired }
        if self.asOf != nil, let expired { throw expired }
    }

    var checkpoint: Position { live.projections.checkpoint }

    func projection(_ name: String) throws(Failure) -> Projection {
        guard let projection = live.projections[name] else {
            throw .unknownTable(name)
        }
        return projection
    }

    func table(_ name: String) throws(Failure) -> Table {
        if let view = views.first(where: { $0.schema.name == name }) { return view }
        return try projection(name).table
    }

    /// All that were opened, views last.
    var all: [Table] { live.projections.projections.map(\.table) + views }

    /// Whether a cell could not be read from a snapshot: the answer is then made anew, of tables
    /// that are read whole.
    var lackCells: Bool {
        live.projections.projections.contains { $0.table.storedFailure != nil }
    }

    /// What a reader of the answer has to know.
    var warnings: [String] {
        var warnings = [asOfNote].compactMap(\.self)
        for projection in live.projections.projections where projection.quarantined.count > 0 {
            let count = Quantity.count(projection.quarantined.count, "event")
            let first = projection.quarantined.entries.first
            let example = first.map { ", the first at position \($0.position): \($0.reason)" } ?? ""
            warnings.append("\(projection.type.name) could not take in \(count)\(example)")
        }
        for continuation in live.report.continuations { warnings.append(continuation.note) }
        for damage in live.report.damage.prefix(5) { warnings.append(damage.message) }
        return warnings
    }

    /// Ends the command with 5 if the tables lack what could not be read, with 1 if only what has
    /// expired.
    func checkDamage() throws(Failure) {
        guard !live.report.damage.isEmpty else { return }
        let unreadable = live.report.unreadable
        guard !unreadable.isEmpty else {
            let names = live.report.lacking.map(\.table).joined(separator: ", ")
            throw Failure(.failure, "the answer lacks what has expired: see above (\(names))")
        }
        throw Failure(
            .damage,
            "\(Quantity.count(unreadable.count, "place")) of the log could not be read: "
                + "the answer lacks what is there. Run `tacho verify --deep`.")
    }
}

extension Failure {
    static func unknownTable(_ name: String) -> Failure {
        let names = allSchemas.map(\.name)
        let nearest = Spelling.nearest(to: name, in: names).map { " Did you mean \($0)?" } ?? ""
        return Failure(
            .usage, "there is no table \(name).\(nearest) Tables: \(names.joined(separator: ", "))")
    }

    init(_ error: TableQueryError, _ schema: TableSchema) {
        var message = "\(error)"
        if case .unknownColumn(let name, _) = error {
            let names = schema.visibleColumns.map { schema.columns[$0].name }
            if let nearest = Spelling.nearest(to: name, in: names) {
                message += ". Did you mean \(nearest)?"
            }
        }
        self.init(.usage, message)
    }
}

extension Cell {
    init(_ value: Value) {
        self =
            switch value {
            case .unknown: .unknown
            case .text(let text): .text(text.description)
            case .integer(let number): .number(number)
            case .real(let number): .real(number)
            case .boolean(let boolean): .boolean(boolean)
            case .timestamp(let moment): .moment(moment)
            case .money(let amount): .money(amount)
            case .json(let json): .json(json)
            }
    }

    static func money(_ picoDollars: Int64) -> Cell {
        .money(picoDollars, exact: String(decoding: PicoDollars.text(picoDollars), as: UTF8.self))
    }
}

extension Table {
    func cell(_ column: String, _ row: Int) -> Cell {
        guard let index = schema.column(named: column) else { return .unknown }
        return Cell(value(index, row))
    }

    func integer(named column: String, _ row: Int) -> Int64? {
        guard let index = schema.column(named: column) else { return nil }
        if case .integer(let number) = value(index, row) { return number }
        return nil
    }

    func text(named column: String, _ row: Int) -> String? {
        guard let index = schema.column(named: column) else { return nil }
        if case .text(let text) = value(index, row) { return text.description }
        return nil
    }

    func moment(named column: String, _ row: Int) -> Timestamp? {
        guard let index = schema.column(named: column) else { return nil }
        if case .timestamp(let moment) = value(index, row) { return moment }
        return nil
    }

    /// The value that names a row.
    func key(_ row: Int) -> ByteString { text(schema.keyColumn, row) ?? "" }

    func rows(where column: String, equals text: String) -> [Int] {
        guard let index = schema.column(named: column) else { return [] }
        return rows(where: index, equals: ByteString(text))
    }
}
