internal import TachoJSON

/// A JSON text that is changed by inserting and removing pieces of it.
///
/// Nothing is written anew: every byte that is not part of an insertion or a removal stays.
struct SettingsText {
    /// A value and where it stands.
    struct Node {
        let kind: JSONKind
        let range: Range<Int>
        /// Of an object or an array, in order.
        var items: [Item] = []
    }

    /// An element, or a member with its key.
    struct Item {
        let key: String?
        /// From the key to the value's end.
        let range: Range<Int>
        let value: Node
    }

    private(set) var bytes: [UInt8]
    private(set) var root: Node

    init(_ bytes: [UInt8]) throws(SettingsError) {
        self.bytes = bytes
        root = try Self.parse(bytes)
    }

    private static func parse(_ bytes: [UInt8]) throws(SettingsError) -> Node {
        do throws(JSONError) {
            guard try JSON.validate(bytes) == .object else { throw JSONError(.notAnObject, at: 0) }
        } catch {
            let line = bytes.prefix(error.offset).count { $0 == 0x0A } + 1
            throw .brokenJSON(line: line, offset: error.offset, reason: error.reason.message)
        }
        return bytes.withUnsafeBytes { text in
            node(JSONView(validated: text), in: text)
        }
    }

    private static func node(_ view: JSONView, in text: UnsafeRawBufferPointer) -> Node {
        let range = range(of: view, in: text)
        var node = Node(kind: view.kind, range: range)
        view.forEachMember { key, value in
            let value = Self.node(value, in: text)
            let start = Self.range(of: key, in: text).lowerBound
            node.items.append(
                Item(key: key.string(), range: start..<value.range.upperBound, value: value))
            return true
        }
        view.forEachElement { element in
            let value = Self.node(element, in: text)
            node.items.append(Item(key: nil, range: value.range, value: value))
            return true
        }
        return node
    }

    private static func range(of view: JSONView, in text: UnsafeRawBufferPointer) -> Range<Int> {
        let bytes = view.bytes
        guard let base = text.baseAddress, let start = bytes.baseAddress else { return 0..<0 }
        return start - base..<start - base + bytes.count
    }

    // MARK: Looking

    /// The text of a string.
    func string(_ node: Node) -> String? {
        guard node.kind == .string else { return nil }
        return bytes[node.range].withUnsafeBytes { JSONView(validated: $0).string() }
    }

    /// The member with that key.
    ///
    /// - Throws: `.ambiguous` if there are two: whoever reads the file may mean the other one.
    func member(_ key: String, of node: Node, path: String) throws(SettingsError) -> Node? {
        let found = node.items.filter { $0.key == key }
        guard found.count <= 1 else { throw .ambiguous(path: path) }
        return found.first?.value
    }

    /// As ``member(_:of:path:)``, of the kind that it has to be.
    func member(
        _ key: String, of node: Node, _ kind: JSONKind, path: String
    ) throws(SettingsError) -> Node? {
        guard let value = try member(key, of: node, path: path) else { return nil }
        guard value.kind == kind else {
            throw .unexpectedKind(path: path, expected: kind == .object ? "an object" : "an array")
        }
        return value
    }

    // MARK: Inserting

    /// Adds members at an object's end; their order is kept.
    mutating func add(
        _ members: [SettingsValue.Member], to object: Node
    ) throws(SettingsError) {
        try insert(members.map { member in { member.rendered($0, $1) } }, into: object)
    }

    /// Adds an element at an array's end.
    mutating func add(_ value: SettingsValue, to array: Node) throws(SettingsError) {
        try insert([{ value.rendered($0, $1) }], into: array)
    }

    private mutating func insert(
        _ items: [(SettingsLayout, String) -> String], into container: Node
    ) throws(SettingsError) {
        guard !items.isEmpty else { return }
        var layout = self.layout
        let offset: Int
        var text = ""
        if let first = container.items.first, let last = container.items.last {
            let lead = bytes[container.range.lowerBound + 1..<first.range.lowerBound]
            offset = last.range.upperBound
            if !lead.contains(0x0A) { layout.newline = nil }
            let gap =
                layout.newline.map { $0 + indentation(lead) } ?? (lead.isEmpty ? "" : " ")
            for item in items { text += "," + gap + item(layout, indentation(lead)) }
        } else {
            let lead = bytes[container.range.lowerBound + 1..<container.range.upperBound - 1]
            offset = container.range.lowerBound + 1
            let outer = indentation(of: offset)
            let inner = outer + layout.unit
            let rendered = items.map { $0(layout, inner) }
            if let newline = layout.newline {
                text = rendered.map { newline + inner + $0 }.joined(separator: ",")
                if !lead.contains(0x0A) { text += newline + outer }
            } else {
                text = rendered.joined(separator: ", ")
            }
        }
        bytes.insert(contentsOf: text.utf8, at: offset)
        root = try Self.parse(bytes)
    }

    /// Line breaks and indentation as the file has them; a file that is nothing but `{}` has none.
    private var layout: SettingsLayout {
        guard let first = root.items.first else {
            return SettingsLayout(newline: newline, unit: "  ")
        }
        let lead = bytes[root.range.lowerBound + 1..<first.range.lowerBound]
        guard lead.contains(0x0A) else { return SettingsLayout(newline: nil, unit: "") }
        let unit = indentation(lead)
        return SettingsLayout(newline: newline, unit: unit.isEmpty ? "  " : unit)
    }

    private var newline: String {
        guard let end = bytes.firstIndex(of: 0x0A), end > 0 else { return "\n" }
        return bytes[end - 1] == 0x0D ? "\r\n" : "\n"
    }

    /// What stands behind the last line break.
    private func indentation(_ whitespace: ArraySlice<UInt8>) -> String {
        guard let end = whitespace.lastIndex(of: 0x0A) else { return "" }
        return String(decoding: whitespace[(end + 1)...], as: UTF8.self)
    }

    /// Of the line on which `offset` lies.
    private func indentation(of offset: Int) -> String {
        let start = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let blanks = bytes[start..<offset].prefix { $0 == 0x20 || $0 == 0x09 }
        return String(decoding: blanks, as: UTF8.self)
    }

    // MARK: Replacing

    /// Puts a string where a value stands.
    mutating func replace(_ value: Node, with string: String) throws(SettingsError) {
        bytes.replaceSubrange(value.range, with: SettingsValue.quoted(string).utf8)
        root = try Self.parse(bytes)
    }

    // MARK: Removing

    /// Removes an element or a member, with the comma that goes with it.
    mutating func remove(_ index: Int, of container: Node) throws(SettingsError) {
        let items = container.items
        let range =
            if items.count == 1 {
                container.range.lowerBound + 1..<container.range.upperBound - 1
            } else if index > 0 {
                items[index - 1].range.upperBound..<items[index].range.upperBound
            } else {
                items[0].range.lowerBound..<items[1].range.lowerBound
            }
        bytes.removeSubrange(range)
        root = try Self.parse(bytes)
    }
}
