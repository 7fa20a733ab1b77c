import ArgumentParser
import TachoCapture
import TachoEvents
import TachoLog
import TachoOperations
import TachoStorage

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a store from a backup or an archive, and check every byte of it.",
        discussion: """
            Only into a directory that is new or empty: nothing is ever overwritten or deleted. \
            Takes what `tacho backup` has made, and as well a copy by cp, rsync, or a file system, \
            taken while agents were writing; of such it restores everything up to the first event \
            that is missing, and names the files it could not use. Of an archive, a directory or a \
            bucket, it takes the segments that follow each other from the first event on. Ends with \
            the check of `tacho verify --deep`; the exit code is 5 if that finds anything.

            EXAMPLES
              tacho restore /mnt/backup/tacho --to ~/tacho-restored
              tacho restore /mnt/copy --to new --json | jq .data.last_position
              tacho restore s3://logs/tacho --endpoint https://minio.lan:9000 --to new
            """)

    @Argument(
        help: "The backup; or an archive: a directory, or a bucket, s3://BUCKET/PREFIX.",
        completion: .directory)
    var directory: String

    @Option(
        help: ArgumentHelp("The new store.", valueName: "dir"), completion: .directory)
    var to: String

    @Option(
        help: ArgumentHelp(
            "The server of s3://, for others than Amazon. (default: AWS_ENDPOINT_URL)",
            valueName: "url"))
    var endpoint: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let progress = ProgressBar(
            "copying", isQuiet: output.isQuiet, color: output.messages.color)
        let target = StoreDirectory.withoutSlash(to)
        let archive = try archive()
        let source = archive?.location ?? StoreDirectory.withoutSlash(directory)
        func tell(_ done: Int, _ all: Int) { progress.update(done, of: all, unit: "bytes") }
        let report =
            if let archive {
                try ArchiveRestore(archive).run(to: target, progress: tell)
            } else {
                try LogRestore(source).run(to: target, progress: tell)
            }
        progress.finish()
        var options = LogOptions.events
        options.createsStore = false
        var sheet = FactSheet(schema: "tacho.restore/1")
        sheet.add("store", "store", .text(target))
        sheet.add(
            "last_position", "position", Cell(report.lastPosition),
            note: report.isConsistent
                ? "everything in the \(archive == nil ? "backup" : "archive")"
                : "the \(archive == nil ? "copy" : "archive") was not whole")
        sheet.add("bytes", "size", .byteCount(report.byteCount))
        sheet.add("consistent", nil, .boolean(report.isConsistent))
        sheet.add("left_out_files", nil, .count(report.leftOut.count))
        sheet.add("events_checked", "checked", .count(report.verification.eventCount))
        sheet.add("chain", "chain", .text(report.verification.chain))
        sheet.add("findings", nil, .count(report.verification.findings.count))
        if report.erasedCount > 0, archive != nil {
            sheet.warnings.append(
                "\(Quantity.count(report.erasedCount, "event")) had been erased or had expired: an "
                    + "archive does not tell by what they are known, so one that is sent again is "
                    + "appended again.")
        }
        if !report.isConsistent, archive == nil {
            sheet.warnings.append(
                "\(source) was copied file by file while it was written to; the store ends where "
                    + "the next event is missing.")
        }
        for file in report.leftOut {
            sheet.warnings.append(
                archive == nil
                    ? "\(file) does not join on, and is in quarantine/."
                    : "\(file) does not join on, because what comes before it is not in the archive; "
                        + "it was not fetched.")
        }
        do throws(LogError) {
            var writer = try LogWriter.open(target, options: options)
            _ = try writer.append([report.receipt(source).event])
            try writer.close()
        } catch {
            sheet.warnings.append("the store does not tell where it is from: \(error.message)")
        }
        try sheet.print(output)
        for finding in report.verification.findings.prefix(10) {
            Output.note("\(finding.file): \(finding.message)")
        }
        guard report.verification.isGood else {
            throw Failure(
                .damage,
                "the \(archive == nil ? "backup" : "archive") is damaged: "
                    + Quantity.count(report.verification.findings.count, "finding")
                    + ". What is good is restored and can be read.")
        }
    }

    /// `nil` if it is a backup.
    private func archive() throws -> (any ArchiveStorage)? {
        let isBucket = ["s3://", "http://", "https://"].contains { directory.hasPrefix($0) }
        let path = StoreDirectory.absolute(StoreDirectory.withoutSlash(directory))
        let files = RealFileSystem()
        guard
            isBucket
                || (try? files.status(path + "/FORMAT")) == nil
                    && (try? files.status(path + "/ARCHIVE")) != nil
        else { return nil }  // try?: what cannot be looked at is told by the restoring
        let place = ArchivePlace.location(directory, endpoint: endpoint, environment) { _ in path }
        return try ArchivePlace.storage(at: place, environment)
    }
}
