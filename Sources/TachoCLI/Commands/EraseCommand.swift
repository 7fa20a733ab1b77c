import ArgumentParser
import TachoCapture
import TachoEvents
import TachoJSON
import TachoLog
import TachoOperations
import TachoSources

struct EraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Take a workflow, a session, a prompt, or a stream out of the log for good.",
        discussion: """
            Without --execute nothing is changed: it prints which events would go and where the \
            ids stand now. With it, the request is recorded without the id, every file of the log \
            with such an event is written anew, and everything derived from them is removed. \
            Positions, order, all other events, and the hash chain stay as they are. At the end \
            every file of the store is searched, raw and decompressed; anything that is left is \
            printed and ends with exit code 4. Copies elsewhere are out of reach.

            EXAMPLES
              tacho erase --workflow a1b2c3d4
              tacho erase --workflow a1b2c3d4 --reason "request of 2025-12-18" --execute
              tacho erase --field data.user.email=a@b.example --type hook.* --execute
              tacho erase --status
            """)

    @Option(help: "Events of this workflow and its sessions, and all that mention them.")
    var workflow: String?

    @Option(help: "Events of this session, and all that mention it.")
    var session: String?

    @Option(help: "Events that mention this prompt.")
    var prompt: String?

    @Option(help: "Events of this stream, and no others.")
    var stream: String?

    @Option(help: "Events whose data has this member, as data.a.b or data.a.b=VALUE.")
    var field: String?

    @Option(help: "Of --field: the events' type, as tool.call or hook.*")
    var type: String?

    @Option(help: "Why, for the record. Must not mention what is to vanish.")
    var reason: String?

    @Flag(help: "Do it.")
    var execute = false

    @Flag(help: "List what was asked to be erased, and how far it has come.")
    var status = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let named = [workflow, session, prompt, stream, field].compactMap { $0 }
        guard status ? named.isEmpty && !execute : named.count == 1 else {
            throw ValidationError(
                "Name one of --workflow, --session, --prompt, --stream, and --field, or --status.")
        }
        if named.contains("") { throw ValidationError("An id has at least one character.") }
        if (field == nil) != (type == nil) {
            throw ValidationError("--field needs --type, and --type is of --field.")
        }
        if stream == "tacho" {
            throw ValidationError("The stream tacho is the store's own history, which stays.")
        }
    }

    func run() throws {
        if status { return try printStatus() }
        let selector = try selector()
        guard execute else { return try print(Eraser(location.path).plan(selector)) }
        try drainSpool()
        var options = LogOptions()
        options.columns = .events
        let outcome = try Eraser(location.path, options: options).execute(selector, reason: reason)
        try print(outcome, selector)
        guard outcome.isProven else {
            let isOfCut = outcome.residue.contains { $0.files.contains { $0.hasSuffix(".kept") } }
            throw Failure(
                .check,
                isOfCut
                    ? "the log is rid of it; what tables kept of events that have expired (.kept) "
                        + "cannot be taken apart"
                    : "something of it is left in the store; see to the files named, and run the "
                        + "same command again")
        }
    }

    private func selector() throws -> ErasureSelector {
        if let workflow { return ErasureSelector(.workflow, id: workflow) }
        if let session { return ErasureSelector(.session, id: session) }
        if let prompt { return ErasureSelector(.prompt, id: prompt) }
        if let stream { return ErasureSelector(.stream, id: stream) }
        guard let field, let type,
            let selector = ErasureSelector(field: field, type: TypePattern(ByteString(type)))
        else { throw Failure(.usage, "--field is a path as data.a.b or data.a.b=VALUE") }
        return selector
    }

    /// What waits there is part of what is to be erased.
    private func drainSpool() throws {
        var report: SpoolReport?
        let writer = try location.openWriter(creates: false, output.messages)
        try SpoolDrain.drain(writer, location, .ofEnvironment, &report).close()
        SpoolDrain.tell(report)
    }

    // MARK: Printing

    private func print(_ plan: ErasurePlan) throws {
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
            for copy in plan.outOfReach {
                try Output.write(
                    "out of reach  \(copy.type) at position \(copy.position): "
                        + String(decoding: copy.data, as: UTF8.self) + "\n")
            }
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

    private func print(_ outcome: Eraser.Outcome, _ selector: ErasureSelector) throws {
        guard output.format == .text else {
            var sheet = FactSheet(schema: "tacho.erase/1")
            sheet.add("request", nil, Cell(outcome.request))
            sheet.add("events", nil, .count(outcome.report.eventCount))
            sheet.add("segments", nil, .count(outcome.report.segments.count))
            sheet.add("snapshots_removed", nil, .count(outcome.removedSnapshotCount))
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
        write(residue, to: &writer)
        return writer.bytes
    }

    static func write(_ residue: [Residue], to writer: inout JSONWriter) {
        writer.beginArray()
        for residue in residue {
            writer.beginObject()
            writer.key("class")
            writer.value(residue.fileClass)
            for (key, count) in [
                ("files", residue.fileCount), ("bytes", residue.byteCount),
                ("decoded_bytes", residue.decodedByteCount), ("raw", residue.rawCount),
                ("decompressed", residue.decodedCount), ("records", residue.leafCount),
            ] {
                writer.key(key)
                writer.value(count)
            }
            writer.key("in")
            writer.beginArray()
            for file in residue.files { writer.value(file) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    private func printStatus() throws {
        let history = try ErasureHistory(location.openReader())
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
        try listing.print(output)
    }
}
