import ArgumentParser
import TachoCapture
import TachoJSON
import TachoSources

/// What becomes of secrets in what is taken in.
struct SecretOptions: ParsableArguments {
    @Option(
        name: .customLong("secrets"),
        help: ArgumentHelp(
            """
            Keys, tokens, and passwords in the data: off looks for none, mark reports them, redact \
            puts [redacted:KIND] in their place. (default: TACHO_SECRETS, else off)
            """, valueName: "mode"))
    var chosen: SecretMode?

    var mode: SecretMode { chosen ?? .ofEnvironment }
}

extension SecretMode: ExpressibleByArgument {}

/// What is said about secrets that were found.
struct SecretSummary {
    private let report: SecretReport
    private let isRedacted: Bool
    private static let shownLimit = 10

    init(_ report: SecretReport, _ mode: SecretMode) {
        self.report = report
        isRedacted = mode == .redact
    }

    /// On standard error; nothing if there were none.
    func tell(_ messages: MessageOptions) {
        guard report.count > 0 else { return }
        let style = messages.errorStyle
        let kinds = report.counts.map { "\($0.count) \($0.kind.rawValue)" }
        Output.note(
            style.apply(.warning, "secrets: ") + kinds.joined(separator: ", ")
                + (isRedacted ? "; redacted" : "; recorded as they are, --secrets redact does not"))
        guard !messages.isQuiet else { return }
        for finding in report.findings.prefix(Self.shownLimit) {
            Output.note(
                "  \(TerminalText.sanitized(finding.place)), byte \(finding.offset): "
                    + finding.kind.rawValue)
        }
        let hidden = report.count - min(report.findings.count, Self.shownLimit)
        if hidden > 0 { Output.note("  … and \(Quantity.count(hidden)) more; --json lists 100") }
    }

    /// Writes the member `secrets`.
    static func write(_ report: SecretReport, to writer: inout JSONWriter) {
        writer.key("secrets")
        writer.beginObject()
        writer.key("count")
        writer.value(report.count)
        writer.key("by_kind")
        writer.beginObject()
        for (kind, count) in report.counts {
            writer.key(kind.rawValue)
            writer.value(count)
        }
        writer.endObject()
        writer.key("findings")
        writer.beginArray()
        for finding in report.findings {
            writer.beginObject()
            writer.key("kind")
            writer.value(finding.kind.rawValue)
            writer.key("place")
            writer.value(finding.place)
            writer.key("offset")
            writer.value(finding.offset)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
