import ArgumentParser
import TachoLog
import TachoOperations

struct ExpireCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expire",
        abstract: "Let go of the oldest part of the log, or of some types in it, by age or size.",
        discussion: """
            Without --execute nothing is changed: it prints which segments would go. Whole sealed \
            segments go, from the front on, by the store's own time. Tables as they are now still \
            count what is gone: their state at the cut is kept. Questions about the time before it \
            are answered with "expired by event N".

            With --type only events of these types go, each by its own age, or the oldest of them \
            until their lines are no larger; the segments they are in are written anew, and all \
            other lines, positions, and the hash chain stay.

            EXAMPLES
              tacho expire --type 'otel.*' --type resource.sampled --older-than 30d
              tacho expire --older-than 90d
              tacho expire --older-than 90d --max-bytes 10G --execute
            """)

    @Option(
        help: ArgumentHelp(
            "Only events of this type, as tool.call or hook.*; may be given several times.",
            valueName: "type"))
    var type: [String] = []

    @Option(
        help: ArgumentHelp(
            "Segments, or events of the types, that are older: 90d, 12h, 30m, 2w.",
            valueName: "age"))
    var olderThan: String?

    @Option(
        help: "From the front on, until the log, or the types' lines, are no larger: 500M, 10G.")
    var maxBytes: String?

    @OptionGroup var planning: PlanOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard olderThan != nil || maxBytes != nil else {
            throw ValidationError("Name --older-than, --max-bytes, or both.")
        }
        if type.contains(where: { $0.isEmpty || $0 == "tacho" || $0.hasPrefix("tacho.") }) {
            throw ValidationError(
                "--type names a type of events; tacho.* is the store's own history, which stays.")
        }
        if let olderThan, UnitNumber.age(olderThan) == nil {
            throw ValidationError(UnitNumber.ageRule)
        }
        if let maxBytes, UnitNumber.bytes(maxBytes) == nil {
            throw ValidationError("--max-bytes is a number, perhaps with k, M, G, or T behind it.")
        }
    }

    private var policy: ExpiryPolicy {
        var words = [String]()
        if let olderThan { words.append("older than \(olderThan)") }
        if let maxBytes { words.append("beyond \(maxBytes) bytes") }
        let names = type.joined(separator: ", ")
        return ExpiryPolicy(
            seconds: olderThan.flatMap(UnitNumber.age),
            byteCount: maxBytes.flatMap(UnitNumber.bytes),
            types: type.map { TypePattern(ByteString($0)) },
            text: (type.isEmpty ? "" : names + " ") + words.joined(separator: ", "))
    }

    func run() throws {
        let expirer = Expirer(location.path)
        guard planning.execute else {
            return type.isEmpty
                ? try print(expirer.plan(policy)) : try print(expirer.planOfTypes(policy))
        }
        let outcome = try expirer.execute(policy)
        var sheet = FactSheet(schema: "tacho.expire/1")
        guard outcome.event != nil else {
            if output.format == .text {
                return try Output.write(Self.nothing(type) + "\n")
            }
            sheet.add("event", nil, .unknown)
            sheet.add("events", nil, .count(0))
            return try sheet.print(output)
        }
        sheet.add(
            "event", "event", Cell(outcome.event),
            note: outcome.isResumed ? "begun before, and finished now" : "")
        sheet.add("through", "expired through", Cell(outcome.through))
        sheet.add("events", "events", .count(outcome.expired.eventCount))
        sheet.add("segments", "segments", .count(outcome.expired.files.count))
        sheet.add("bytes", "bytes", .byteCount(outcome.expired.byteCount))
        sheet.add("snapshots", "tables kept", .count(outcome.snapshotCount))
        try sheet.print(output)
    }

    private func print(_ plan: ExpiryPlan) throws {
        var listing = Listing(
            schema: "tacho.expire.plan/1",
            fields: [
                .init("file", drop: 1), .init("first", right: true), .init("last", right: true),
                .init("events", right: true), .init("bytes", right: true),
                .init("last_recorded", "last recorded"),
            ])
        listing.emptyMessage = Self.nothing(type)
        listing.rows = plan.segments.map { front in
            [
                .text(front.segment.file), Cell(front.segment.first), Cell(front.segment.last),
                .count(front.eventCount), .byteCount(front.segment.byteCount),
                .moment(front.lastRecorded),
            ]
        }
        try listing.print(output)
        if !output.isQuiet, output.format == .text, let through = plan.through {
            Output.note(
                "Nothing was changed. --execute lets go of positions up to \(through) "
                    + "(\(Quantity.count(plan.eventCount, "event")), "
                    + "\(Quantity.bytes(plan.byteCount))).")
            if let archived = plan.thawFirst { Output.note(archived.message) }
        }
    }

    private static func nothing(_ types: [String]) -> String {
        types.isEmpty
            ? "Nothing to expire: no sealed segment is beyond it."
            : "Nothing to expire: no event of these types in a sealed segment is beyond it."
    }

    private func print(_ plan: TypedExpiryPlan) throws {
        var listing = Listing(
            schema: "tacho.expire.types.plan/1",
            fields: [
                .init("file", drop: 1), .init("events", right: true),
                .init("raw_bytes", "bytes of lines", right: true), .init("first", right: true),
                .init("last", right: true), .init("last_recorded", "last recorded"),
            ])
        listing.emptyMessage = Self.nothing(type)
        listing.rows = plan.shares.map { share in
            [
                .text(share.segment.file), .count(share.eventCount),
                .byteCount(share.rawByteCount), Cell(share.first), Cell(share.last),
                .moment(share.lastRecorded),
            ]
        }
        try listing.print(output)
        if !output.isQuiet, output.format == .text, let through = plan.through {
            Output.note(
                "Nothing was changed. --execute takes \(Quantity.count(plan.eventCount, "event")) "
                    + "(\(Quantity.bytes(plan.rawByteCount)) of lines) out of "
                    + "\(Quantity.count(plan.shares.count, "segment")), and keeps the tables that "
                    + "count them as they are at position \(through).")
        }
    }
}
