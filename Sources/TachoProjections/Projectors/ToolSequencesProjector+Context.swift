import TachoEvents
import TachoJSON
import TachoLog

// What a stretch of work was about: the files' types, and what was done.

extension ToolSequencesProjector {
    /// What kind of work a tool does; the names of the agents we know.
    private static func operation(_ tool: [UInt8]) -> StaticString {
        let kinds: [(kind: StaticString, tools: [StaticString])] = [
            ("read", ["Read", "NotebookRead", "LS", "read_file", "view"]),
            ("search", ["Grep", "Glob", "WebSearch", "ToolSearch"]),
            ("edit", ["Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch"]),
            ("execute", ["Bash", "BashOutput", "KillShell", "shell", "exec_command"]),
            ("delegate", ["Task", "Agent", "Skill"]), ("fetch", ["WebFetch"]),
            ("plan", ["TodoWrite", "ExitPlanMode", "TaskCreate", "TaskUpdate"]),
        ]
        return tool.withUnsafeBytes { tool in
            kinds.first { $0.tools.contains { tool.equals($0) } }?.kind ?? "other"
        }
    }

    /// Lists that grow by what is new; most calls add nothing.
    func addContext(_ tool: [UInt8], _ path: [UInt8]?, _ row: Int, _ table: inout Table) {
        let ending = path?.withUnsafeBytes { Self.ending($0) } ?? nil
        let operation = Self.operation(tool)
        if isKnown(operation, ending, row, table) { return }
        var context = Context(table.json(Column.context, row))
        let isNewOperation = context.add(operation)
        let isNewEnding = ending.map { context.add(ending: $0) } ?? false
        if isNewOperation || isNewEnding {
            table.set(Column.context, of: row, json: context.json)
        }
    }

    /// Whether the context names both already, by its bytes: to read it costs as much as the rest
    /// of a call.
    ///
    /// What needs an escape is not found, and is read.
    private func isKnown(
        _ operation: StaticString, _ ending: [UInt8]?, _ row: Int, _ table: Table
    ) -> Bool {
        table.withJSON(Column.context, row) { context in
            operation.withUTF8Buffer { context.containsQuoted(UnsafeRawBufferPointer($0)) }
                && ending?.withUnsafeBytes { context.containsQuoted($0) } ?? true
        } ?? false
    }

    /// `.swift` of `/a/b.swift`; `nil` without one, or with more than sixteen bytes.
    private static func ending(_ path: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let dot = path.lastIndex(of: UInt8(ascii: ".")), path.count - dot <= 16,
            !path[dot...].contains(UInt8(ascii: "/"))
        else { return nil }
        return Array(path[dot...])
    }

    private struct Context {
        private var endings: [[UInt8]] = []
        private var operations: [[UInt8]] = []
        private static let limit = 8

        init(_ json: [UInt8]?) {
            json?.withUnsafeBytes { bytes in
                let view = JSONView(validated: bytes)
                view["file_types"]?.forEachElement { element in
                    if let text = element.text() { endings.append(Array(text)) }
                    return true
                }
                view["operation_types"]?.forEachElement { element in
                    if let text = element.text() { operations.append(Array(text)) }
                    return true
                }
            }
        }

        mutating func add(_ operation: StaticString) -> Bool {
            let name = operation.withUTF8Buffer { Array($0) }
            guard !operations.contains(name) else { return false }
            operations.append(name)
            return true
        }

        mutating func add(ending: [UInt8]) -> Bool {
            guard endings.count < Self.limit, !endings.contains(ending) else { return false }
            endings.append(ending)
            return true
        }

        var json: [UInt8] {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("file_types")
            writer.beginArray()
            for ending in endings { writer.value(ending) }
            writer.endArray()
            writer.key("operation_types")
            writer.beginArray()
            for operation in operations { writer.value(operation) }
            writer.endArray()
            writer.endObject()
            return writer.bytes
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether `"text"` stands somewhere in these bytes.
    fileprivate func containsQuoted(_ text: UnsafeRawBufferPointer) -> Bool {
        let quote = UInt8(ascii: "\"")
        var start = 0
        while start + text.count + 2 <= count {
            if self[start] == quote, self[start + text.count + 1] == quote,
                UnsafeRawBufferPointer(rebasing: self[(start + 1)..<(start + 1 + text.count)])
                    .elementsEqual(text)
            {
                return true
            }
            start += 1
        }
        return false
    }
}
