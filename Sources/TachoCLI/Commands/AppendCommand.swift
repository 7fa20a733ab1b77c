import ArgumentParser
import TachoLog
import TachoSources

struct AppendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Append events from standard input, one JSON object a line.",
        discussion: """
            Every line is checked in full. A bad one is told with its line, byte, and reason, kept \
            in the store's quarantine/, and counted; good lines are kept, and the exit code is 65. \
            Lines are appended as they come: nothing waits for the end of the input.

            EXAMPLES
              echo '{"decision":"use lz4"}' | tacho append --type decision
              my-agent --jsonl | tacho append --type agent.output --stream a1b2c3d4
              tacho cat --store old | tacho append --envelope --store new
            """)

    @Option(help: "Type of the events, dotted and lower-case, as in tool.call.")
    var type: String?

    @Option(help: "The workflow or session that the events belong to.")
    var stream = "default"

    @Option(help: "Who observed them.")
    var source = "tacho/append"

    @Option(help: "What an acknowledgement means: interval, commit, or strict.")
    var durability = DurabilityArgument.commit

    @Option(
        help: ArgumentHelp(
            """
            Append only if the stream's last event has this position; 0 is a new stream. Exit \
            code 4 if another producer was first.
            """, valueName: "position"))
    var expectLast: UInt64?

    @Flag(
        help: """
            A line is a whole event: id, stream, type, source, version, time, data. Lines of \
            `tacho cat` are, too.
            """)
    var envelope = false

    @Flag(name: .customLong("json"), help: "Print the receipt as JSON on standard output.")
    var isJSON = false

    @OptionGroup var secrets: SecretOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var messages: MessageOptions

    func validate() throws {
        if type == nil, !envelope {
            throw ValidationError("Say of which type the events are: --type T, or --envelope.")
        }
        if expectLast != nil, envelope {
            throw ValidationError("--expect-last is for one --stream; envelopes name their own.")
        }
        for (option, text) in [("type", type ?? "-"), ("stream", stream), ("source", source)]
        where !EnvelopeText.isValid(ByteString(text)) {
            throw ValidationError(
                "--\(option) must be 1 to \(EnvelopeText.maximumByteCount) bytes without control "
                    + "characters, quotes, and backslashes.")
        }
    }

    func run() throws {
        var spooled: SpoolReport?
        let writer = try SpoolDrain.drain(
            try location.openWriter(creates: true, messages), location, secrets.mode, &spooled)
        if !messages.isQuiet { SpoolDrain.tell(spooled) }
        if let found = spooled?.secrets { SecretSummary(found, secrets.mode).tell(messages) }
        let translator = LineTranslator(
            type: type.map { ByteString($0) }, stream: ByteString(stream),
            source: ByteString(source), isEnvelope: envelope)
        let expectation = expectLast.map {
            StreamExpectation(stream: ByteString(stream), lastPosition: Position($0))
        }
        var run = AppendRun(
            translator, durability.value, location.layout, writer, secrets: secrets.mode,
            expecting: expectation)
        let progress = ProgressBar("appending", isQuiet: messages.isQuiet, color: messages.color)
        var lines = LineSource(0)
        var failure: Failure?
        do {
            try run.run(&lines, progress: progress)
        } catch {
            failure = Failure(error)
        }
        progress.finish()
        try report(run.receipt, failure)
        if let failure { throw failure }
        try run.sealFullSegments()
        if run.receipt.rejects.count > 0 { throw Failure(.badInput) }
    }

    private func report(_ receipt: AppendRun.Receipt, _ failure: Failure?) throws {
        let style = messages.errorStyle
        for reject in receipt.rejects.first.prefix(Rejects.shownLimit) {
            Output.note(
                style.apply(.bad, "rejected ")
                    + "line \(reject.line), byte \(reject.offset): \(reject.reason)")
        }
        SecretSummary(receipt.secrets, secrets.mode).tell(messages)
        let hidden = receipt.rejects.count - Rejects.shownLimit
        if hidden > 0 { Output.note("… and \(Quantity.count(hidden)) more rejected lines") }
        var warnings = [String]()
        let lost = receipt.rejects.lostCount
        if lost > 0 {
            warnings.append("\(Quantity.count(lost)) of the rejected lines could not be kept")
        }
        if !messages.isQuiet {
            Output.note(receipt.summary)
            if let file = receipt.rejects.file {
                Output.note("rejected lines are kept in \(location.layout.quarantine)/\(file)")
            }
        }
        if isJSON {
            try Output.write(receipt.json(error: failure?.message, warnings: warnings))
        } else {
            for warning in warnings { Output.note(style.apply(.warning, "warning: ") + warning) }
        }
    }
}

enum DurabilityArgument: String, ExpressibleByArgument, CaseIterable {
    case interval, commit, strict

    var value: Durability {
        switch self {
        case .interval: .interval
        case .commit: .commit
        case .strict: .strict
        }
    }
}
