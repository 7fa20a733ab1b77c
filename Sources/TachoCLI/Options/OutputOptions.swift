import ArgumentParser

/// How a reading command prints.
struct OutputOptions: ParsableArguments {
    enum Format {
        case text, json, csv
    }

    @Flag(name: .customLong("json"), help: "Print one JSON object: schema, data, warnings.")
    var isJSON = false

    @Flag(name: .customLong("csv"), help: "Print comma-separated values with a header.")
    var isCSV = false

    @Flag(name: .customLong("wide"), help: "Print every column in full, whatever the width.")
    var isWide = false

    @OptionGroup var messages: MessageOptions

    var format: Format { isJSON ? .json : isCSV ? .csv : .text }
    var isQuiet: Bool { messages.isQuiet }
    var style: Style { Style(messages.color, for: Terminal.output) }
    var errorStyle: Style { messages.errorStyle }

    func validate() throws {
        if isJSON, isCSV { throw ValidationError("Choose one of --json and --csv.") }
    }
}

/// How a command talks to people, on standard error.
struct MessageOptions: ParsableArguments {
    @Option(help: "Colour: auto, always, or never.")
    var color = ColorMode.auto

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "No progress and no summary.")
    var isQuiet = false

    var errorStyle: Style { Style(color, for: Terminal.error) }
}
