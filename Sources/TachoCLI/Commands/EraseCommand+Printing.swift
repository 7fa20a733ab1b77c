import TachoJSON
import TachoLog
import TachoOperations

extension EraseCommand {
    func print(_ plan: ErasurePlan) throws {
        switch output.format {
        case .json: try Output.write(json(plan))
        case .csv: try groups(plan).print(output)
        case .text:
            try Output.write("rule  \(plan.matcher.selector.rule)\n")
            try Output.write(
                "plan  \(Quantity.count(plan.positions.count, "event")) before position "
                    + "\(plan.until), in \(Quantity.count(plan.segments.count, "segment"))\n")
            for session in plan.matcher.sessions { try Output.write("session  \(session)\n") }
            try Output.write("\n")
            try groups(plan).print(output)
            try Output.write("\nwhere it is now\n")
            try Self.listing(plan.residue, schema: "tacho.erase.plan/1").print(output)
            for table in plan.kept { try Output.write("at the cut  \(table.summary)\n") }
            for copy in plan.outOfReach {
                try Output.write(
                    "out of reach  \(copy.type) at position \(copy.position): "
                        + String(decoding: copy.data, as: UTF8.self) + "\n")
            }
            if let archived = plan.thawFirst { Output.note(archived.message) }
            if !output.isQuiet {
                Output.note(
                    "Nothing was changed. --execute erases; copies of the store elsewhere, and "
                        + "the agents' own files, are out of its reach.")
            }
        }
    }

    private func groups(_ plan: ErasurePlan) -> Listing {
        var listing = Listing(
            schema: "tacho.erase.plan/1",
            fields: [
                .init("type"), .init("reason"), .init("events", right: true),
                .init("streams", right: true), .init("first", right: true),
                .init("last", right: true),
            ])
        listing.emptyMessage = "No event is selected."
        listing.rows = plan.groups.map { group in
            [
                .text(group.type.description), .text(group.reason.rawValue), .count(group.count),
                .count(group.streams.count), Cell(group.first), Cell(group.last),
            ]
        }
        return listing
    }

    private static func listing(_ residue: [Residue], schema: String) -> Listing {
        var listing = Listing(
            schema: schema,
            fields: [
                .init("class"), .init("files", right: true), .init("bytes", right: true),
                .init("decoded_bytes", "decoded", right: true),
                .init("raw", "ids, raw", right: true),
                .init("decompressed", "ids, decoded", right: true),
                .init("records", right: true), .init("in", detail: true),
            ])
        listing.rows = residue.map { residue in
            [
                .text(residue.fileClass), .count(residue.fileCount), .byteCount(residue.byteCount),
                .byteCount(residue.decodedByteCount), .count(residue.rawCount),
                .count(residue.decodedCount), .count(residue.leafCount),
                .text(residue.files.joined(separator: " ")),
            ]
        }
        return listing
    }

    func print(_ outcome: Eraser.Outcome) throws {
        guard output.format == .text else {
            var sheet = FactSheet(schema: "tacho.erase/1")
            sheet.add("request", nil, Cell(outcome.request))
            sheet.add("events", nil, .count(outcome.report.eventCount))
            sheet.add("segments", nil, .count(outcome.report.segments.count))
            sheet.add("snapshots_removed", nil, .count(outcome.removedSnapshotCount))
            sheet.add("tables_rewritten", nil, .count(outcome.kept.count))
            sheet.add("residue", nil, .json(Self.json(outcome.residue)))
            sheet.add("proven", nil, .boolean(outcome.isProven))
            return try sheet.print(output)
        }
        if outcome.request == nil {
            try Output.write("Nothing to erase: no event is selected, and no file mentions it.\n")
        } else {
            var sheet = FactSheet(schema: "tacho.erase/1")
            sheet.add(
                "request", "request", Cell(outcome.request),
                note: outcome.isResumed ? "begun before, and finished now" : "")
            sheet.add("events", "events erased", .count(outcome.report.eventCount))
            sheet.add("segments", "segments rewritten", .count(outcome.report.segments.count))
            sheet.add("snapshots", "snapshots removed", .count(outcome.removedSnapshotCount))
            if !outcome.kept.isEmpty {
                sheet.add(
                    "tables", "tables at the cut",
                    .text(outcome.kept.map(\.summary).joined(separator: "; ")))
            }
            if !outcome.cleanedFiles.isEmpty {
                sheet.add(
                    "cleaned", "files cleaned", .text(outcome.cleanedFiles.joined(separator: " ")))
            }
            try sheet.print(output)
        }
        try Output.write("\nresidue\n")
        try Self.listing(outcome.residue, schema: "tacho.erase/1").print(output)
        try Output.write(
            outcome.isProven
                ? output.style.apply(.good, "proven")
                    + "  nothing of it is in any file of the store\n"
                : output.style.apply(.bad, "not proven") + "  \(Self.places(outcome.residue))\n")
    }

    private static func places(_ residue: [Residue]) -> String {
        residue.flatMap(\.files).joined(separator: " ")
    }

    private static func json(_ residue: [Residue]) -> [UInt8] {
        var writer = JSONWriter()
        residue.write(to: &writer)
        return writer.bytes
    }

    func printStatus() throws {
        let history = try ErasureHistory.withinReach(location.openReader())
        var listing = Listing(
            schema: "tacho.erase.status/1",
            fields: [
                .init("request", right: true), .init("recorded"), .init("kind"), .init("state"),
                .init("events", right: true), .init("until", right: true),
                .init("receipt", right: true), .init("reason", drop: 1),
                .init("selector_hmac", detail: true),
            ])
        listing.emptyMessage = "Nothing was asked to be erased."
        listing.statusField = "state"
        listing.rows = history.requests.map { request in
            [
                Cell(request.position), .moment(request.recorded), .text(request.kind),
                .text(request.state.rawValue),
                request.eventCount.map { .count($0) } ?? .unknown, Cell(request.until),
                Cell(request.receipt), .text(request.reason), .text(request.selector),
            ]
        }
        listing.warnings = history.outOfReach.map(Self.warning)
        if !listing.warnings.isEmpty, listing.rows.isEmpty {
            listing.emptyMessage = "No request for erasure is in what can be read from here."
        }
        try listing.print(output)
        if !history.outOfReach.isEmpty { throw Failure(.unreachable) }
    }

    private static func warning(_ segment: SegmentSummary) -> String {
        "positions \(segment.first) to \(segment.last) are archived in \(segment.archive ?? "?"), "
            + "which cannot be read from here, and have requests or receipts that are not listed. "
            + "`tacho thaw --from \(segment.first) --to \(segment.last)` brings them back."
    }
}

extension KeptErased {
    fileprivate var summary: String {
        "\(table): \(Quantity.count(rowCount, "row")) nameless, "
            + "\(Quantity.count(cellCount, "mention")) elsewhere"
    }
}
