import ArgumentParser
import TachoCapture
import TachoLog
import TachoOperations
import TachoStorage

struct ArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Move sealed segments to another disk; what they say is not lost.",
        discussion: """
            Without --execute nothing is changed: it prints which segments would go. Each one is \
            copied, the copy is read back and every line in it decoded, and only then the store's \
            own file goes. Its index and the ids of its events stay, so that nothing is appended \
            twice, and tables go on from their snapshots. As long as the archive's directory can \
            be read, so can the events in it; otherwise a question that needs them ends with exit \
            code 69 and says what to thaw.

            EXAMPLES
              tacho archive --to /mnt/cold/tacho --older-than 30d
              tacho archive --to /mnt/cold/tacho --keep 4 --execute
              tacho archive --to s3://logs/tacho --endpoint https://minio.lan:9000 --execute
              cd /mnt/cold/tacho && lz4 -dc *.jsonl.lz4 | jq -c .type
            """)

    @Option(
        help: ArgumentHelp(
            "Where to: a directory, or a bucket, s3://BUCKET/PREFIX.", valueName: "place"),
        completion: .directory)
    var to: String

    @Option(
        help: ArgumentHelp(
            "The server of s3://, for others than Amazon. (default: AWS_ENDPOINT_URL)",
            valueName: "url"))
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Segments whose last event is older: 90d, 12h, 30m, 2w.", valueName: "age"))
    var olderThan: String?

    @Option(help: "This many of the newest sealed segments stay.")
    var keep = 0

    @Option(
        help: ArgumentHelp(
            "Larger files go to a bucket in parts of this size, 5 at least.", valueName: "MiB"))
    var partSize = S3Storage.Parts().byteCount >> 20

    @OptionGroup var planning: PlanOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (5...5 << 10).contains(partSize) else {
            throw ValidationError("--part-size is 5 to 5120 MiB: a bucket takes no others.")
        }
        guard keep >= 0 else { throw ValidationError("--keep is not below 0.") }
        if let olderThan, UnitNumber.age(olderThan) == nil {
            throw ValidationError(UnitNumber.ageRule)
        }
        guard !to.isEmpty else { throw ValidationError("--to needs the name of a directory.") }
    }

    func run() throws {
        let before = olderThan.flatMap(UnitNumber.moment(ago:))
        let policy = ArchivePolicy(before: before, keptCount: keep)
        let archiver = Archiver(location.path)
        let place = ArchivePlace.location(to, endpoint: endpoint, environment) {
            StoreDirectory.absolute(StoreDirectory.withoutSlash($0))
        }
        try archiver.check(location: place)
        guard planning.execute else { return try print(archiver.plan(policy)) }
        var parts = S3Storage.Parts()
        parts.byteCount = partSize << 20
        let storage = try ArchivePlace.storage(at: place, environment, parts: parts)
        let progress = ProgressBar(
            "archiving", isQuiet: output.isQuiet, color: output.messages.color)
        let outcome = try archiver.archive(policy, to: storage) { done, all in
            progress.update(done, of: all, unit: "bytes")
        }
        progress.finish()
        if !outcome.untold.isEmpty {
            Output.note(
                "recorded \(Quantity.count(outcome.untold.count, "segment")) that an earlier run "
                    + "had archived, which died before its receipt")
        }
        try outcome.print("tacho.archive/1", "archive", storage.location, output)
    }

    private func print(_ plan: ArchivePlan) throws {
        var listing = Listing(
            schema: "tacho.archive.plan/1",
            fields: [
                .init("file", drop: 1), .init("first", right: true), .init("last", right: true),
                .init("bytes", right: true), .init("action"), .init("reason", minimum: 20),
            ])
        listing.emptyMessage = "Nothing to archive."
        let rows =
            plan.segments.map { ($0, "archive", "") }
            + plan.skipped.map { ($0.segment, "skip", $0.reason) }
        listing.rows = rows.sorted { $0.0.first < $1.0.first }.map { segment, action, reason in
            [
                .text(segment.file), Cell(segment.first), Cell(segment.last),
                .byteCount(segment.byteCount), .text(action), .text(reason),
            ]
        }
        try listing.print(output)
        if !output.isQuiet, output.format == .text {
            Output.note(
                plan.segments.isEmpty
                    ? "Nothing to do."
                    : "Nothing was changed. --execute moves "
                        + "\(Quantity.count(plan.segments.count, "segment")), "
                        + "\(Quantity.bytes(plan.byteCount)).")
        }
    }
}

struct ThawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw",
        abstract: "Bring archived segments back.",
        discussion: """
            Every byte is checked against what was archived before it counts. The copy in the \
            archive stays where it is. Segments are brought back whole.

            EXAMPLES
              tacho thaw --all
              tacho thaw --from 1 --to 50000
            """)

    @Flag(help: "Everything that is archived.")
    var all = false

    @Option(help: ArgumentHelp("The first position that is needed.", valueName: "position"))
    var from: UInt64?

    @Option(help: ArgumentHelp("The last position that is needed.", valueName: "position"))
    var to: UInt64?

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard all != (from != nil || to != nil) else {
            throw ValidationError("Either --all, or --from and --to.")
        }
        guard from ?? 1 > 0, from ?? 1 <= to ?? .max, to ?? 0 <= UInt64(Int64.max) else {
            throw ValidationError("--from is a position, and not behind --to.")
        }
    }

    func run() throws {
        let positions = Position(from ?? 1)...Position(to ?? UInt64(Int64.max))
        let progress = ProgressBar(
            "thawing", isQuiet: output.isQuiet, color: output.messages.color)
        var place = ""
        let outcome = try Archiver(location.path).thaw(positions) { done, all in
            progress.update(done, of: all, unit: "bytes")
        } from: { location throws(LogError) in
            place = location
            return try ArchivePlace.storage(at: location, environment)
        }
        progress.finish()
        try outcome.print("tacho.thaw/1", "from", place, output)
    }
}

extension Archiver.Outcome {
    fileprivate func print(
        _ schema: String, _ label: String, _ location: String, _ output: OutputOptions
    ) throws {
        if moved.isEmpty, output.format == .text { return try Output.write("Nothing to do.\n") }
        var sheet = FactSheet(schema: schema)
        sheet.add("location", label, moved.isEmpty ? .unknown : .text(location))
        sheet.add("segments", "segments", .count(moved.count))
        sheet.add("first", "first position", moved.first.map { Cell($0.segment.first) } ?? .unknown)
        sheet.add("last", "last position", moved.last.map { Cell($0.segment.last) } ?? .unknown)
        sheet.add("bytes", "size", .byteCount(byteCount))
        sheet.add("receipt", "event", receipt.map { Cell($0) } ?? .unknown)
        try sheet.print(output)
    }
}
