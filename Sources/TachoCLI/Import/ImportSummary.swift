import TachoCapture
import TachoJSON
import TachoLog
import TachoSources

/// What `tacho import` and `tacho sync` say at the end.
struct ImportSummary {
    let report: ImportReport
    let spooled: SpoolReport?
    let listsFiles: Bool
    let secrets: SecretMode

    private static let shownRejectionLimit = 20
    private static let shownSkippedLimit = 20

    private var skipped: [FileReport] { report.files.filter { $0.reason != nil } }

    func print(_ output: OutputOptions) throws {
        switch output.format {
        case .json: try Output.write(json)
        case .csv: try files.print(output)
        case .text:
            if listsFiles {
                try files.print(output)
            } else {
                try kinds.print(output)
            }
            if !output.isQuiet {
                tellSkipped()
                tellTotals()
            }
        }
        SecretSummary(foundSecrets, secrets).tell(output.messages)
        tellProblems(output.errorStyle)
    }

    /// In files and in the spool.
    private var foundSecrets: SecretReport {
        var found = report.secrets
        if let spooled { found.add(spooled.secrets) }
        return found
    }

    // MARK: Text

    private var kinds: Listing {
        var listing = Listing(
            schema: "tacho.import.kinds/1",
            fields: [
                .init("kind"), .init("files", right: true), .init("records", right: true),
                .init("new", right: true), .init("duplicates", "there already", right: true),
                .init("conflicts", right: true, drop: 2), .init("rejected", right: true),
                .init("bytes", "size", right: true, drop: 1),
            ])
        listing.emptyMessage = "No file of a known kind."
        for kind in SourceKind.allCases {
            let files = report.files.filter { $0.kind == kind && $0.reason == nil }
            guard !files.isEmpty else { continue }
            func sum(_ count: (FileReport) -> Int) -> Int { files.reduce(0) { $0 + count($1) } }
            listing.rows.append([
                .text(kind.rawValue), .count(files.count), .count(sum { $0.recordCount }),
                .count(sum { $0.eventCount }), .count(sum { $0.duplicateCount }),
                .count(sum { $0.conflictCount }), .count(sum { $0.rejectedCount }),
                .byteCount(sum { $0.byteCount }),
            ])
        }
        return listing
    }

    private var files: Listing {
        var listing = Listing(
            schema: "tacho.import.files/1",
            fields: [
                .init("path", minimum: 20), .init("kind"), .init("records", right: true),
                .init("new", right: true), .init("duplicates", "there already", right: true),
                .init("conflicts", right: true, drop: 2), .init("rejected", right: true),
                .init("bytes", "size", right: true, drop: 1), .init("reason", minimum: 12),
            ])
        listing.rows = report.files.map { file in
            [
                .text(file.path), .text(file.kind.rawValue), .count(file.recordCount),
                .count(file.eventCount), .count(file.duplicateCount), .count(file.conflictCount),
                .count(file.rejectedCount), .byteCount(file.byteCount),
                .text(file.reason ?? file.problem),
            ]
        }
        return listing
    }

    /// Each file by name while they are few, else how many for each reason.
    private func tellSkipped() {
        let skipped = skipped
        guard !skipped.isEmpty, !listsFiles else { return }
        Output.note("\(Quantity.count(skipped.count, "file")) skipped:")
        if skipped.count <= Self.shownSkippedLimit {
            for file in skipped {
                Output.note("  \(TerminalText.sanitized(file.path)): \(file.reason ?? "")")
            }
            return
        }
        var reasons: [(reason: String, count: Int, example: String)] = []
        for file in skipped {
            let reason = file.reason ?? ""
            if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[index].count += 1
            } else {
                reasons.append((reason, 1, file.path))
            }
        }
        for (reason, count, example) in reasons {
            let name = example.split(separator: "/").last.map(String.init) ?? example
            Output.note("  \(count)  \(reason), as \(TerminalText.sanitized(name))")
        }
        Output.note("  --files names each one")
    }

    private func tellTotals() {
        SpoolDrain.tell(spooled)
        var parts = [
            "\(Quantity.count(report.eventCount)) new",
            "\(Quantity.count(report.duplicateCount)) there already",
        ]
        if report.conflictCount > 0 {
            parts.append("\(Quantity.count(report.conflictCount)) conflicting")
        }
        parts.append("\(Quantity.count(report.rejectedCount)) rejected")
        Output.note(
            "\(Quantity.count(report.recordCount, "record")) = \(parts.joined(separator: " + "))")
        if report.conflictCount > 0 {
            Output.note(
                "a conflicting record has the id of another event, which stays"
                    + (listsFiles ? "" : "; --files says in which files they are"))
        }
        if report.knownByteCount > 0 {
            Output.note(
                "\(Quantity.bytes(report.knownByteCount)) were not read again: an import before "
                    + "this one has read them (--rescan reads them)")
        }
    }

    func tellProblems(_ style: Style) {
        var shownCount = 0
        for file in report.files {
            let path = TerminalText.sanitized(file.path)
            if let problem = file.problem {
                Output.note(style.apply(.bad, "not read to its end: ") + "\(path): \(problem)")
            }
            for rejection in file.rejections where shownCount < Self.shownRejectionLimit {
                shownCount += 1
                Output.note(
                    style.apply(.bad, "rejected ")
                        + "\(path), byte \(rejection.faultOffset): \(rejection.reason.message)")
            }
        }
        let hidden = report.rejectedCount - shownCount
        if hidden > 0 { Output.note("… and \(Quantity.count(hidden)) more rejected records") }
        let lost = report.rejectedCount - report.quarantinedCount
        if lost > 0 {
            Output.note("\(Quantity.count(lost)) of the rejected records could not be kept")
        } else if report.rejectedCount > 0 {
            Output.note("rejected records are kept in the store's quarantine/")
        }
    }

    // MARK: JSON

    private var json: [UInt8] {
        JSONEnvelope(schema: "tacho.import/1").bytes { writer in
            writer.beginObject()
            for (key, count) in totals {
                writer.key(key)
                writer.value(count)
            }
            SecretSummary.write(foundSecrets, to: &writer)
            writer.key("files")
            writer.beginArray()
            for file in report.files { Self.write(file, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private var totals: [(String, Int)] {
        [
            ("records", report.recordCount), ("new", report.eventCount),
            ("duplicates", report.duplicateCount), ("conflicts", report.conflictCount),
            ("rejected", report.rejectedCount), ("quarantined", report.quarantinedCount),
            ("skipped_files", skipped.count), ("unchanged_files", report.unchangedFileCount),
            ("problem_files", report.problemCount), ("bytes", report.byteCount),
            ("known_bytes", report.knownByteCount),
            ("spooled", spooled?.eventCount ?? 0),
        ]
    }

    private static func write(_ file: FileReport, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("path")
        writer.value(file.path)
        writer.key("kind")
        writer.value(file.kind.rawValue)
        for (key, count) in [
            ("records", file.recordCount), ("new", file.eventCount),
            ("duplicates", file.duplicateCount), ("conflicts", file.conflictCount),
            ("rejected", file.rejectedCount), ("bytes", file.byteCount),
        ] {
            writer.key(key)
            writer.value(count)
        }
        for (key, text) in [("skipped", file.reason), ("problem", file.problem)] {
            writer.key(key)
            Cell.text(text).write(to: &writer)
        }
        writer.key("rejections")
        writer.beginArray()
        for rejection in file.rejections {
            writer.beginObject()
            writer.key("offset")
            writer.value(rejection.faultOffset)
            writer.key("record_offset")
            writer.value(rejection.offset)
            writer.key("reason")
            writer.value(rejection.reason.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    // MARK: The end

    /// - Parameter named: Paths given on the command line.
    /// - Throws: ``Failure`` if anything was refused or could not be read, or a file that was
    ///   asked for by its name is nothing to import.
    func checkAll(named: [String]) throws(Failure) {
        if report.rejectedCount + report.conflictCount > 0 { throw Failure(.badInput) }
        if let file = report.files.first(where: { $0.problem != nil || $0.kind == .unreadable }) {
            throw Failure(
                .failure,
                "\(TerminalText.sanitized(file.path)): "
                    + (file.problem ?? file.reason ?? "it could not be read"))
        }
        let isDirectoryOrImported = report.files.contains { $0.reason == nil }
        if !isDirectoryOrImported, let file = skipped.first, named.count == skipped.count {
            throw Failure(
                .badInput,
                "nothing to import: \(TerminalText.sanitized(file.path)): \(file.reason ?? "")")
        }
    }
}
