import ArgumentParser
import TachoLog
import TachoSources

/// Where the parts of an event stand in records that no source of ours knows.
struct MappingOptions: ParsableArguments {
    @Option(
        name: .customLong("map"),
        help: ArgumentHelp(
            "Where a part of the event stands: type, stream, id, time, or data, and the names that "
                + "lead there, as in stream=run.id. A time is ISO 8601 or a number since 1970.",
            valueName: "part=path"))
    var maps: [String] = []

    @Option(help: "The events' type, where none is mapped or found.")
    var type: String?

    @Option(help: "The events' stream, where none is mapped or found; else the file's name.")
    var stream: String?

    @Option(help: "Who observed them.")
    var source: String?

    /// The first option that was used.
    var given: String? {
        if !maps.isEmpty { return "--map" }
        if type != nil { return "--type" }
        if stream != nil { return "--stream" }
        return source == nil ? nil : "--source"
    }

    func mapping() throws(ValidationError) -> RecordMapping {
        var mapping = RecordMapping()
        for map in maps {
            do throws(RecordMapping.Fault) {
                try mapping.add(map)
            } catch {
                throw ValidationError(error.message)
            }
        }
        mapping.type = try Self.text(type, "--type")
        mapping.stream = try Self.text(stream, "--stream")
        if let source = try Self.text(source, "--source") { mapping.source = source }
        return mapping
    }

    private static func text(
        _ text: String?, _ option: String
    ) throws(ValidationError) -> ByteString? {
        guard let text else { return nil }
        let bytes = ByteString(Array(text.utf8))
        guard EnvelopeText.isValid(bytes), option != "--type" || !text.hasPrefix("tacho.") else {
            throw ValidationError(
                "\(option) must be 1 to 512 bytes without quotes, backslashes, and control "
                    + "characters, and no type of tacho's own.")
        }
        return bytes
    }
}
