import TachoEvents
import TachoJSON
import TachoLog

/// What a stretch of work was about: the files' types, and what was done.
///
/// In its column: `{"file_types":[".swift"],"operation_types":["read","edit"]}`.
struct WorkContext {
    private var endings: [[UInt8]] = []
    private var operations: [[UInt8]] = []
    private static let endingLimit = 8

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

    mutating func add(tool: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer?) {
        Self.operation(tool).withUTF8Buffer { name in
            if !operations.contains(where: { $0.elementsEqual(name) }) {
                operations.append(Array(name))
            }
        }
        guard let path, endings.count < Self.endingLimit, let ending = Self.ending(path),
            !endings.contains(where: { $0.elementsEqual(ending) })
        else { return }
        endings.append(Array(ending))
    }

    /// What kind of work a tool does; the names of the agents we know.
    private static func operation(_ tool: UnsafeRawBufferPointer) -> StaticString {
        kinds.first { $0.tools.contains { tool.equals($0) } }?.kind ?? "other"
    }

    private static let kinds: [(kind: StaticString, tools: [StaticString])] = [
        ("read", ["Read", "NotebookRead", "LS", "read_file", "view"]),
        ("search", ["Grep", "Glob", "WebSearch", "ToolSearch"]),
        ("edit", ["Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch"]),
        ("execute", ["Bash", "BashOutput", "KillShell", "shell", "exec_command"]),
        ("delegate", ["Task", "Agent", "Skill"]), ("fetch", ["WebFetch"]),
        ("plan", ["TodoWrite", "ExitPlanMode", "TaskCreate", "TaskUpdate"]),
    ]

    /// `.swift` of `/a/b.swift`; `nil` without one, or with more than sixteen bytes.
    private static func ending(_ path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let dot = path.lastIndex(of: UInt8(ascii: ".")), path.count - dot <= 16,
            !path[dot...].contains(UInt8(ascii: "/"))
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: path[dot...])
    }
}
