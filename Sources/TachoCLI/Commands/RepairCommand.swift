import ArgumentParser
import TachoLog

struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Put right a lost manifest or a damaged sealed segment.",
        discussion: """
            --rebuild-manifest makes MANIFEST anew from the files in log/. --segments reads the \
            whole log and writes every damaged sealed segment anew: one rotten byte of a frame is \
            healed from its checksum and proven by two others; what cannot be healed becomes an \
            explicit gap; and the damaged file goes to quarantine/. \
            Nothing is thrown away. A backup is better: restore the file from there if you can.

            EXAMPLES
              tacho repair --segments --dry-run
              tacho repair --rebuild-manifest
            """)

    @Flag(help: "Make the manifest anew from the files of the log.")
    var rebuildManifest = false

    @Flag(help: "Write damaged sealed segments anew with what is good in them.")
    var segments = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard rebuildManifest != segments else {
            throw ValidationError("Say what to repair: --rebuild-manifest or --segments.")
        }
    }

    func run() throws {
        let repair = try LogRepair(location.path)
        if rebuildManifest {
            try print(manifest: try repair.rebuildManifest(dryRun: dryRun))
        } else {
            try print(repairs: try repair.repairSegments(dryRun: dryRun))
        }
        if dryRun, output.format == .text { Output.note("A dry run: nothing was changed.") }
    }

    private func print(manifest: [SegmentSummary]) throws {
        var listing = Listing(
            schema: "tacho.repair.manifest/1",
            fields: [
                .init("file", detail: false), .init("state"), .init("first", right: true),
                .init("last", right: true), .init("bytes", right: true),
            ])
        listing.rows = manifest.map {
            [
                .text($0.file), .text($0.state), Cell($0.first),
                $0.state == "active" ? .unknown : Cell($0.last),
                $0.state == "active" ? .unknown : .byteCount($0.byteCount),
            ]
        }
        try listing.print(output)
    }

    private func print(repairs: [LogRepair.SegmentRepair]) throws {
        var listing = Listing(
            schema: "tacho.repair.segments/1",
            fields: [
                .init("file", detail: false), .init("replacement"),
                .init("missing", "events lost", right: true), .init("finding", minimum: 30),
            ])
        listing.emptyMessage = "Nothing to repair: every sealed segment is as it was written."
        listing.rows = repairs.map {
            [
                .text($0.file), .text($0.replacement),
                $0.missingCount.map { .count($0) } ?? .unknown,
                .text($0.findings.joined(separator: "; ")),
            ]
        }
        try listing.print(output)
        if dryRun, !repairs.isEmpty { throw Failure(.damage) }
    }
}
