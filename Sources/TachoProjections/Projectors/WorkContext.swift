import TachoEvents
import TachoJSON
import TachoLog

/// What a stretch of work was about: the files' types, and what was done.
///
/// In its column: `{"file_types":[".swift"],"operation_types":["read","edit"]}`.
struct WorkContext {
    /// What kind of work a tool does.
    enum Operation: UInt8, CaseIterable {
        case read, search, edit, execute, delegate, fetch, plan, other

        /// The names of the agents we know.
        init(tool: UnsafeRawBufferPointer) {
            self = Self.tools.first { $0.names.contains { tool.equals($0) } }?.operation ?? .other
        }

        private static let tools: [(operation: Operation, names: [StaticString])] = [
            (.read, ["Read", "NotebookRead", "LS", "read_file", "view"]),
            (.search, ["Grep", "Glob", "WebSearch", "ToolSearch"]),
            (.edit, ["Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch"]),
            (.execute, ["Bash", "BashOutput", "KillShell", "shell", "exec_command"]),
            (.delegate, ["Task", "Agent", "Skill"]), (.fetch, ["WebFetch"]),
            (.plan, ["TodoWrite", "ExitPlanMode", "TaskCreate", "TaskUpdate"]),
        ]

        fileprivate var name: StaticString {
            switch self {
            case .read: "read"
            case .search: "search"
            case .edit: "edit"
            case .execute: "execute"
            case .delegate: "delegate"
            case .fetch: "fetch"
            case .plan: "plan"
            case .other: "other"
            }
        }
    }

    private var endings: [[UInt8]] = []
    /// In the order in which they came.
    private var operations: [Operation] = []
    private static let endingLimit = 8
    private static let endingByteLimit = 16

    init() {}

    init(json: UnsafeRawBufferPointer) {
        let view = JSONView(validated: json)
        view["file_types"]?.forEachElement { element in
            if let text = element.text() { endings.append(text) }
            return true
        }
        view["operation_types"]?.forEachElement { element in
            let operation = Operation.allCases.first { element.equals($0.name) }
            if let operation { operations.append(operation) }
            return true
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("file_types")
        writer.beginArray()
        for ending in endings { writer.value(ending) }
        writer.endArray()
        writer.key("operation_types")
        writer.beginArray()
        for operation in operations { writer.value(operation.name) }
        writer.endArray()
        writer.endObject()
    }

    mutating func add(_ operation: Operation, path: UnsafeRawBufferPointer?) {
        if !operations.contains(operation) { operations.append(operation) }
        guard let path, endings.count < Self.endingLimit, let ending = Self.ending(path),
            !endings.contains(where: { $0.count == ending.count && $0.elementsEqual(ending) })
        else { return }
        endings.append(Array(ending))
    }

    /// `.swift` of `/a/b.swift`; `nil` without one, or with more than sixteen bytes.
    private static func ending(_ path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        for start in path.indices.suffix(endingByteLimit).reversed() {
            if path[start] == UInt8(ascii: "/") { return nil }
            if path[start] == UInt8(ascii: ".") {
                return UnsafeRawBufferPointer(rebasing: path[start...])
            }
        }
        return nil
    }
}
