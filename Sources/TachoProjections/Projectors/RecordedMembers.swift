import TachoEvents
import TachoJSON
import TachoLog

/// Members of an event's data by the column that is named as they are.
///
/// For the tables whose rows say what was recorded: a member goes into the column of its name as
/// what the column holds. The first member of a name counts, and `null` is as good as absent.
struct RecordedMembers<Column: ColumnHandle & CaseIterable> {
    private var values: [JSONView?]

    init(_ data: JSONView, named names: MemberNames<Column>) {
        var values = [JSONView?](repeating: nil, count: names.columnCount)
        data.forEachMember { key, value in
            guard !value.isNull else { return true }
            let column = key.withText { names.column(named: $0) } ?? nil
            if let column, values[column] == nil { values[column] = value }
            return true
        }
        self.values = values
    }

    /// `nil` if nothing is said.
    subscript(column: Column) -> JSONView? { values[column.columnIndex] }

    /// The text that names a row.
    func key(_ column: Column, _ schema: TableSchema) throws(ProjectionError) -> ByteString {
        let name = schema.columns[column.columnIndex].name
        guard let value = self[column] else { throw .missing(name) }
        guard let text = value.text(), !text.isEmpty else { throw .unexpected(name) }
        return ByteString(text)
    }
}

/// Which members go into which columns of a table: those of their name, and some older names.
struct MemberNames<Column: ColumnHandle & CaseIterable>: Sendable {
    private let columnByName: [(name: ByteString, column: Int)]
    let columnCount: Int

    init(_ schema: TableSchema, aliases: KeyValuePairs<String, Column> = [:]) {
        columnCount = schema.columns.count
        let own = schema.columns.enumerated().map { (ByteString($1.name), $0) }
        columnByName = own + aliases.map { (ByteString($0.key), $0.value.columnIndex) }
    }

    func column(named name: UnsafeRawBufferPointer) -> Int? {
        // Two dozen names: most differ in length already.
        columnByName.first {
            name.count == $0.name.bytes.count && name.elementsEqual($0.name.bytes)
        }?
        .column
    }
}

extension Table {
    /// Takes over what is said; where nothing is said, or something of another kind, the cells
    /// stay as they are.
    mutating func renew<Column>(
        _ columns: [Column], of row: Int, from members: RecordedMembers<Column>
    ) {
        for column in columns {
            if let value = members[column] { renew(column, of: row, from: value) }
        }
    }

    /// As `renew`, but only cells that are unknown.
    mutating func fill<Column>(
        _ columns: [Column], of row: Int, from members: RecordedMembers<Column>
    ) {
        for column in columns where isUnknown(column, row) {
            if let value = members[column] { renew(column, of: row, from: value) }
        }
    }

    private mutating func renew(_ column: some ColumnHandle, of row: Int, from value: JSONView) {
        switch schema.columns[column.columnIndex].type {
        case .text: renew(column, of: row, text: value)
        case .integer:
            if let number = value.integerLenient() { set(column, of: row, integer: number) }
        case .real:
            if let number = value.double() { set(column, of: row, real: number) }
        case .boolean:
            if let boolean = value.boolean() { set(column, of: row, boolean: boolean) }
        case .timestamp:
            if let moment = value.moment { set(column, of: row, timestamp: moment) }
        case .money:
            if let amount = PicoDollars.parse(value) { set(column, of: row, money: amount) }
        case .json: set(column, of: row, json: value)
        }
    }

    /// Issues have numbers above zero.
    mutating func renew(_ column: some ColumnHandle, of row: Int, issue value: JSONView?) {
        if let number = IssueNumber(value).value { set(column, of: row, integer: number) }
    }

    /// Takes over a value that is a list.
    mutating func renew(_ column: some ColumnHandle, of row: Int, list value: JSONView?) {
        if let value, value.kind == .array { set(column, of: row, json: value) }
    }

    /// A workflow is named without `wf-` (B15).
    mutating func renew(_ column: some ColumnHandle, of row: Int, workflow value: JSONView?) {
        value?.withText {
            let name = $0.dropping(prefix: "wf-")
            if !name.isEmpty { set(column, of: row, text: name) }
        }
    }

    mutating func fill(_ column: some ColumnHandle, of row: Int, timestamp moment: Timestamp?) {
        if let moment, isUnknown(column, row) { set(column, of: row, timestamp: moment) }
    }

    /// The row with this key, made or noted as changed by this event.
    mutating func rowToChange(
        _ key: UnsafeRawBufferPointer, at event: Event
    ) -> (row: Int, isNew: Bool) {
        let (row, isNew) = rowOrInsert(key: key, at: event)
        if !isNew { touch(row, at: event) }
        return (row, isNew)
    }

    mutating func rowToChange(_ key: ByteString, at event: Event) -> (row: Int, isNew: Bool) {
        key.bytes.withUnsafeBytes { rowToChange($0, at: event) }
    }
}
