import ArgumentParser
import TachoJSON
import TachoLog
import TachoProjections

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the log against its own record of itself.",
        discussion: """
            Without an option: sizes, footers, indexes, and the manifest, and every line that is \
            not sealed yet. --deep decodes every frame, checks every line, and computes the hash \
            chain again. --replay folds all tables in three ways that have to give the same \
            bytes. Reads only. The exit code is 5 if anything is not as it was written; 69 if \
            nothing is, but an anchor lies among events of an archive that cannot be read from \
            here, and 1 if it lies among expired ones.

            EXAMPLES
              tacho verify
              tacho verify --deep --replay
              tacho verify --anchor anchors.txt
              tacho verify --deep --json | jq '.data.findings'
            """)

    @Flag(help: "Read and check every byte.")
    var deep = false

    @Flag(help: "Fold all tables from zero twice and from snapshots, and compare them.")
    var replay = false

    @Option(
        help: ArgumentHelp(
            "Check that the log still has this anchor: what `tacho anchor` printed, or a file of "
                + "such lines. Reads every byte.", valueName: "anchor"))
    var anchor: [String] = []

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try location.openReader()
        let progress = ProgressBar(
            "verifying", isQuiet: output.isQuiet, color: output.messages.color)
        let last = Int(clamping: reader.lastPosition.rawValue)
        let anchors = try anchor.flatMap(anchors(in:))
        let report = try LogVerifier(reader).verify(isDeep ? .deep : .quick, anchors: anchors) {
            position in
            progress.update(Int(clamping: position.rawValue), of: last, unit: "events")
        }
        let replayed = replay && report.isGood ? try replayAll(reader, progress) : nil
        progress.finish()
        switch output.format {
        case .json: try Output.write(json(report, replayed))
        case .csv: try findings(report).print(output)
        case .text: try printText(report, replayed, seconds: progress.elapsedSeconds)
        }
        if !report.isGood { throw Failure(.damage, closing(report)) }
        if let first = report.uncheckedAnchors.first {
            throw Failure(
                ExitStatus(first.code),
                report.uncheckedAnchors.map(\.message).joined(separator: "\n"))
        }
        if let replayed, !replayed.differences.isEmpty {
            throw Failure(
                .damage, "tables depend on how they are folded. `tacho rebuild` makes them anew.")
        }
    }

    private var isDeep: Bool { deep || !anchor.isEmpty }

    /// The anchors that an option names: itself, or the lines of a file.
    private func anchors(in text: String) throws -> [Anchor] {
        if let anchor = Anchor(text) { return [anchor] }
        guard let bytes = try RealFileSystem().contents(of: text, limit: 1 << 20) else {
            throw Failure(
                .usage,
                "--anchor \(text): neither an anchor (POSITION CHAIN STORE) nor a file of anchors")
        }
        return try String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .enumerated().map { index, line in
                guard let anchor = Anchor(line) else {
                    throw Failure(.usage, "\(text), line \(index + 1): not an anchor")
                }
                return anchor
            }
    }

    private func replayAll(_ reader: LogReader, _ progress: ProgressBar) throws -> ReplayCheck {
        let last = Int(clamping: reader.lastPosition.rawValue)
        let snapshots = SnapshotStore(directory: location.layout.snapshots)
        return try ReplayCheck(reader, snapshots: snapshots) { position in
            progress.update(Int(clamping: position.rawValue), of: last, unit: "events")
        }
    }

    private func printText(
        _ report: LogVerifier.Report, _ replayed: ReplayCheck?, seconds: Double
    ) throws {
        let style = output.style
        let extent =
            "\(Quantity.count(report.eventCount, "event")) in "
            + "\(Quantity.count(report.segmentCount, "segment")), "
            + Quantity.bytes(report.byteCount)
        if report.isGood {
            let isAll = report.unreachableSegmentCount == 0
            let depth =
                isDeep
                ? (isAll ? "every byte checked" : "every byte here checked")
                : "quick check; --deep reads every byte"
            try Output.write(
                style.apply(.good, "ok") + "  \(extent)  (\(depth))\n"
                    + (report.chain.map { "chain  \($0)\n" } ?? ""))
            if report.unreachableSegmentCount > 0 {
                Output.note(
                    "\(Quantity.count(report.unreachableSegmentCount, "segment")) in an archive that "
                        + "cannot be read from here: footers and indexes were checked, and no lines."
                )
            }
        } else {
            try Output.write(style.apply(.bad, "damaged") + "  \(extent)\n")
            try findings(report).print(output)
        }
        if let replayed { try printReplay(replayed) }
        if !output.isQuiet, Terminal.isTerminal(Terminal.error), seconds > 1 {
            Output.note("took \(Quantity.duration(seconds: seconds))")
        }
    }

    private func printReplay(_ replayed: ReplayCheck) throws {
        let style = output.style
        if replayed.differences.isEmpty {
            let tables = Quantity.count(replayed.tableCount, "table")
            try Output.write(
                style.apply(.good, "ok") + "  \(tables) the same from zero, in small batches, and "
                    + "from snapshots\n")
        }
        for difference in replayed.differences {
            try Output.write(
                style.apply(.bad, "different") + "  \(difference.table) \(difference.way): "
                    + "\(difference.found) instead of \(difference.expected)\n")
        }
    }

    private func closing(_ report: LogVerifier.Report) -> String {
        "\(Quantity.count(report.findings.count, "finding")). What is good stays readable: "
            + "`tacho cat` prints it. Keep the files named, and restore them from a backup if there "
            + "is one."
    }

    private func findings(_ report: LogVerifier.Report) -> Listing {
        var listing = Listing(
            schema: "tacho.verify.findings/1",
            fields: [
                .init("file"), .init("first", right: true), .init("last", right: true),
                .init("message", minimum: 30),
            ])
        listing.rows = report.findings.map {
            [.text($0.file), Cell($0.first), Cell($0.last), .text($0.message)]
        }
        return listing
    }

    private func json(_ report: LogVerifier.Report, _ replayed: ReplayCheck?) -> [UInt8] {
        JSONEnvelope(schema: "tacho.verify/1").bytes { writer in
            writer.beginObject()
            writer.key("good")
            writer.value(report.isGood && replayed?.differences.isEmpty ?? true)
            writer.key("depth")
            writer.value(isDeep ? "deep" : "quick")
            for (key, count) in [
                ("segments", report.segmentCount), ("events", report.eventCount),
                ("bytes", report.byteCount),
                ("unreachable_segments", report.unreachableSegmentCount),
            ] {
                writer.key(key)
                writer.value(count)
            }
            writer.key("chain")
            Cell.text(report.chain).write(to: &writer)
            writer.key("replayed_tables")
            (replayed.map { Cell.count($0.tableCount) } ?? .unknown).write(to: &writer)
            writer.key("different_tables")
            writer.beginArray()
            for difference in replayed?.differences ?? [] {
                writer.value("\(difference.table), \(difference.way)")
            }
            writer.endArray()
            writer.key("unchecked_anchors")
            writer.beginArray()
            for reason in report.uncheckedAnchors { writer.value(reason.message) }
            writer.endArray()
            writer.key("findings")
            writer.beginArray()
            for finding in report.findings {
                writer.beginObject()
                writer.key("file")
                writer.value(finding.file)
                writer.key("message")
                writer.value(finding.message)
                writer.key("first")
                Cell(finding.first).write(to: &writer)
                writer.key("last")
                Cell(finding.last).write(to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}
