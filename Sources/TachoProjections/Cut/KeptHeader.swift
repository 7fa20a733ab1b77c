import TachoJSON
package import TachoLog

/// A column of a kept table, as the version that kept it declared it.
package struct KeptColumn: Equatable, Sendable {
    package let name: String
    package let type: ColumnType
    package let isKey: Bool
    package let isHidden: Bool
    package let isIndexed: Bool
    package let isInterned: Bool

    /// Whether the cells of both say the same.
    func agrees(with other: KeptColumn) -> Bool {
        name == other.name && type == other.type && isKey == other.isKey
    }
}

/// The first line of a kept table: whose it is, where the cut is, and what its rows' cells are.
///
/// ```
/// {"kept":1,"table":"sessions","version":3,"fingerprint":"<64 digits>","inputs":["hook.*"],
///  "position":17704,"store":"…","line_crc32c":2598678191,"state_sha256":"<64 digits>",
///  "erased_by":[],"quarantined":0,"quarantine":[],"columns":[["session_id","text","key"],…]}
/// ```
package struct KeptHeader: Equatable, Sendable {
    package let table: String
    package let version: Int
    package let fingerprint: Digest256
    package let inputs: [String]
    package let anchor: LogAnchor
    /// Of the fold that was kept; `nil` once something was erased from it.
    package var stateHash: Digest256?
    /// The requests by which something was erased from it.
    package var erasedBy: [Position]
    package let quarantined: QuarantinedEvents
    /// In the order of the cells.
    package let columns: [KeptColumn]

    package var position: Position { anchor.position }
}

extension KeptHeader {
    init(_ projection: Projection, anchor: LogAnchor) {
        let type = projection.type
        table = type.name
        version = type.version
        fingerprint = type.fingerprint
        inputs = type.inputs.map(\.description)
        self.anchor = anchor
        stateHash = projection.stateHash
        erasedBy = []
        quarantined = projection.quarantined
        columns = type.schema.keptColumns
    }

    var line: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("kept")
        json.value(1)
        json.key("table")
        json.value(table)
        json.key("version")
        json.value(version)
        json.key("fingerprint")
        json.value(fingerprint.hex)
        json.key("inputs")
        json.beginArray()
        for input in inputs { json.value(input) }
        json.endArray()
        json.key("position")
        json.value(anchor.position.rawValue)
        json.key("store")
        json.value(anchor.store.bytes)
        json.key("line_crc32c")
        json.value(UInt64(anchor.lineChecksum))
        json.key("state_sha256")
        if let stateHash { json.value(stateHash.hex) } else { json.value(nil) }
        json.key("erased_by")
        json.beginArray()
        for request in erasedBy { json.value(request.rawValue) }
        json.endArray()
        write(quarantined, to: &json)
        json.key("columns")
        json.beginArray()
        for column in columns {
            json.beginArray()
            json.value(column.name)
            json.value(column.type.name)
            for flag in column.flags { json.value(flag) }
            json.endArray()
        }
        json.endArray()
        json.endObject()
        return json.bytes + [0x0A]
    }

    private func write(_ quarantined: QuarantinedEvents, to json: inout JSONWriter) {
        json.key("quarantined")
        json.value(quarantined.count)
        json.key("quarantine")
        json.beginArray()
        for entry in quarantined.entries {
            json.beginArray()
            json.value(entry.position.rawValue)
            switch entry.reason {
            case .missing(let member):
                json.value("missing" as StaticString)
                json.value(member)
            case .unexpected(let member):
                json.value("unexpected" as StaticString)
                json.value(member)
            case .newer(let version):
                json.value("newer" as StaticString)
                json.value(String(version))
            }
            json.endArray()
        }
        json.endArray()
    }

    /// - Returns: `nil` if the line is not one that could have been written.
    init?(line: [UInt8]) {
        guard (try? JSON.validate(line)) == .object else { return nil }  // try?: no JSON, no header
        let header = line.withUnsafeBytes { KeptHeader(JSONView(validated: $0)) }
        guard let header else { return nil }
        self = header
    }

    private init?(_ view: JSONView) {
        guard view["kept"]?.integer() == 1, let table = view["table"]?.string(),
            let version = view["version"]?.integer().flatMap(Int.init(exactly:)),
            let fingerprint = view["fingerprint"]?.string().flatMap({ Digest256(hex: $0) }),
            let position = view["position"]?.position, let store = view["store"]?.text(),
            let checksum = view["line_crc32c"]?.integer().flatMap(UInt32.init(exactly:)),
            let quarantined = QuarantinedEvents(kept: view), let columns = view["columns"]
        else { return nil }
        self.table = table
        self.version = version
        self.fingerprint = fingerprint
        anchor = LogAnchor(store: ByteString(store), position: position, lineChecksum: checksum)
        stateHash = view["state_sha256"]?.string().flatMap { Digest256(hex: $0) }
        self.quarantined = quarantined
        var inputs = [String]()
        view["inputs"]?.forEachElement { element in
            if let input = element.string() { inputs.append(input) }
            return true
        }
        self.inputs = inputs
        var erasedBy = [Position]()
        view["erased_by"]?.forEachElement { element in
            if let request = element.position { erasedBy.append(request) }
            return true
        }
        self.erasedBy = erasedBy
        var found = [KeptColumn]()
        var isGood = true
        columns.forEachElement { element in
            guard let column = KeptColumn(element) else {
                isGood = false
                return false
            }
            found.append(column)
            return true
        }
        guard isGood, found.count(where: \.isKey) == 1,
            found.first(where: \.isKey)?.type == .text,
            Set(found.map(\.name)).count == found.count
        else { return nil }
        self.columns = found
    }
}

extension KeptColumn {
    fileprivate var flags: [String] {
        [
            isKey ? "key" : nil, isHidden ? "hidden" : nil, isIndexed ? "indexed" : nil,
            isInterned ? "interned" : nil,
        ].compactMap(\.self)
    }

    fileprivate init?(_ view: JSONView) {
        var words = [String]()
        view.forEachElement { element in
            words.append(element.string() ?? "")
            return words.count < 8
        }
        guard words.count >= 2, !words[0].isEmpty,
            let type = ColumnType.allCases.first(where: { $0.name == words[1] })
        else { return nil }
        let flags = words[2...]
        self.init(
            name: words[0], type: type, isKey: flags.contains("key"),
            isHidden: flags.contains("hidden"), isIndexed: flags.contains("indexed"),
            isInterned: flags.contains("interned"))
    }
}

extension TableSchema {
    /// All columns, as a kept table names them.
    var keptColumns: [KeptColumn] {
        columns.indices.map { index in
            let column = columns[index]
            return KeptColumn(
                name: column.name, type: column.type, isKey: index == keyColumn,
                isHidden: column.isHidden, isIndexed: column.isIndexed,
                isInterned: column.isInterned)
        }
    }
}

extension QuarantinedEvents {
    fileprivate init?(kept view: JSONView) {
        guard let count = view["quarantined"]?.integer().flatMap(Int.init(exactly:)), count >= 0,
            count < 1 << 40
        else { return nil }
        var entries = [Entry]()
        view["quarantine"]?.forEachElement { element in
            var cells = [JSONView]()
            element.forEachElement { cell in
                cells.append(cell)
                return cells.count < 3
            }
            guard cells.count == 3, let position = cells[0].position,
                let member = cells[2].string()
            else { return false }
            let newer = cells[1].equals("newer") ? Int(member) : nil
            entries.append(
                Entry(
                    position: position,
                    reason: newer.map { .newer($0) }
                        ?? (cells[1].equals("missing") ? .missing(member) : .unexpected(member))))
            return entries.count < Self.limit
        }
        guard entries.count == min(count, Self.limit) else { return nil }
        self.init(count: count, entries: entries)
    }
}

extension JSONView {
    fileprivate var position: Position? {
        integer().flatMap { $0 >= 0 ? Position(UInt64($0)) : nil }
    }
}
