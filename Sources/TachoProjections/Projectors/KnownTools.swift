import TachoEvents
import TachoJSON
import TachoLog

/// What a stretch of work says of a tool, by the tool's name: a million calls are of a few dozen.
struct KnownTools: Sendable {
    /// An object, so that handing it around counts one reference and not one for each of its texts.
    final class Tool: Sendable {
        let hash: Int64
        /// Behind an arrow; of a name that is nobody's tool's, 10 KB long, a part.
        let name: [UInt8]
        /// The name as a JSON string, behind a comma.
        let json: [UInt8]
        let operation: WorkContext.Operation

        init(_ name: UnsafeRawBufferPointer) {
            var writer = JSONWriter()
            writer.value(name)
            hash = ContentHash.hash(name)
            self.name = Stretch.arrow + Array(name)
            json = [UInt8(ascii: ",")] + writer.bytes
            operation = WorkContext.Operation(tool: name)
        }
    }

    private var names = TextDictionary()
    /// By number of the name.
    private var tools: [Tool] = []

    /// Names come from the log: a hostile one could have a new tool in every call.
    private static let limit = 1024
    private static let nobody: StaticString = "unknown"

    /// The tool of that name; a call without one is of `unknown`.
    mutating func tool(named name: UnsafeRawBufferPointer?) -> Tool {
        guard let name, !name.isEmpty else {
            return Self.nobody.withUTF8Buffer { known(UnsafeRawBufferPointer($0)) }
        }
        guard name.count > ToolSequencesProjector.nameByteLimit else { return known(name) }
        return Self.shortened(name).withUnsafeBytes { Tool($0) }
    }

    private mutating func known(_ name: UnsafeRawBufferPointer) -> Tool {
        let (number, isNew) = names.intern(name)
        guard isNew else { return tools[number] }
        let tool = Tool(name)
        tools.append(tool)
        if tools.count == Self.limit { self = KnownTools() }
        return tool
    }

    private static func shortened(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        let digits = String(UInt64(bitPattern: ContentHash.hash(text)), radix: 16)
        let limit = ToolSequencesProjector.nameByteLimit
        return Array(text.prefix(characterBytes: limit - 17)) + Array("~\(digits)".utf8)
    }
}
