import TachoProjections

/// A column as SQL sees it.
struct QueryColumn: Sendable {
    /// How a value comes out of a cell.
    enum Form: UInt8, Sendable {
        /// One of the column's different texts.
        case text
        /// The text that names the row.
        case key
        /// Bytes of the row's own: long texts, and JSON as it was recorded.
        case value
        case integer
        case real
        /// 0 or 1.
        case boolean
        /// Microseconds in the cell, ``MomentText`` in SQL.
        case moment
        /// Pico-dollars in the cell, dollars in decimal in SQL.
        case money
    }

    let name: String
    /// Its place in the table's schema.
    let place: Int
    let form: Form
    /// Pico-dollars of a column of money: to be summed, and not in `SELECT *`.
    let isPicoDollars: Bool

    /// What `sqlite3_declare_vtab` is told, and `tacho sql --schema` prints.
    var declaration: String {
        let type =
            switch form {
            case .text, .key, .value: "TEXT"
            case .integer: "INTEGER"
            case .real: "REAL"
            case .boolean: "BOOLEAN"
            case .moment: "TEXT COLLATE \(MomentText.collation)"
            case .money: "TEXT COLLATE \(MoneyText.collation)"
            }
        return "\(quotedName) \(type)" + (isPicoDollars ? " HIDDEN" : "")
    }

    var quotedName: String { "\"\(name)\"" }

    /// The collation by which its values are compared.
    var collation: String {
        switch form {
        case .moment: MomentText.collation
        case .money: MoneyText.collation
        default: "BINARY"
        }
    }

    /// The columns of a table: those that are shown, then the pico-dollars of those of money.
    static func columns(of schema: TableSchema) -> [QueryColumn] {
        var columns = [QueryColumn]()
        var picoDollars = [QueryColumn]()
        for place in schema.visibleColumns {
            let definition = schema.columns[place]
            let form: Form =
                switch definition.type {
                case .text:
                    place == schema.keyColumn ? .key : definition.isInterned ? .text : .value
                case .json: .value
                case .integer: .integer
                case .real: .real
                case .boolean: .boolean
                case .timestamp: .moment
                case .money: .money
                }
            columns.append(
                QueryColumn(
                    name: definition.name, place: place, form: form, isPicoDollars: false))
            guard form == .money else { continue }
            picoDollars.append(
                QueryColumn(
                    name: picoDollarsName(definition.name), place: place, form: .integer,
                    isPicoDollars: true))
        }
        return columns + picoDollars
    }

    /// `cost_usd` → `cost_picousd`, `input` → `input_picousd`.
    static func picoDollarsName(_ name: String) -> String {
        (name.hasSuffix("_usd") ? String(name.dropLast(4)) : name) + "_picousd"
    }
}
