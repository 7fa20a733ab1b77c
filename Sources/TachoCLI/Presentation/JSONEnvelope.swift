import TachoJSON

/// The one object that `--json` prints: `{"schema":"tacho.status/1","data":…,"warnings":[…]}`.
///
/// `schema` names the shape of `data` and its version, which is raised when a field changes its
/// meaning or goes away.
struct JSONEnvelope {
    let schema: String
    var warnings: [String] = []

    /// - Parameter data: Writes exactly one value.
    /// - Returns: One line, with its newline.
    func bytes(_ data: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.value(schema)
        writer.key("data")
        data(&writer)
        writer.key("warnings")
        writer.beginArray()
        for warning in warnings { writer.value(warning) }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [0x0A]
    }
}
