import ArgumentParser
import TachoCapture
import TachoLog
import TachoOperations

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a store from a backup, and check every byte of it.",
        discussion: """
            Only into a directory that is new or empty: nothing is ever overwritten or deleted. \
            Takes what `tacho backup` has made, and as well a copy by cp, rsync, or a file system, \
            taken while agents were writing; of such it restores everything up to the first event \
            that is missing, and names the files it could not use. Ends with the check of `tacho \
            verify --deep`; the exit code is 5 if that finds anything.

            EXAMPLES
              tacho restore /mnt/backup/tacho --to ~/tacho-restored
              tacho restore /mnt/copy --to new --json | jq .data.last_position
            """)

    @Argument(help: "The backup.", completion: .directory)
    var directory: String

    @Option(
        help: ArgumentHelp("The new store.", valueName: "dir"), completion: .directory)
    var to: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let progress = ProgressBar(
            "copying", isQuiet: output.isQuiet, color: output.messages.color)
        let (source, target) = (
            StoreDirectory.withoutSlash(directory), StoreDirectory.withoutSlash(to)
        )
        let report = try LogRestore(source).run(to: target) { done, all in
            progress.update(done, of: all, unit: "bytes")
        }
        progress.finish()
        var options = LogOptions()
        options.createsStore = false
        var sheet = FactSheet(schema: "tacho.restore/1")
        sheet.add("store", "store", .text(target))
        sheet.add(
            "last_position", "position", Cell(report.lastPosition),
            note: report.isConsistent ? "everything in the backup" : "the copy was not whole")
        sheet.add("bytes", "size", .byteCount(report.byteCount))
        sheet.add("consistent", nil, .boolean(report.isConsistent))
        sheet.add("left_out_files", nil, .count(report.leftOut.count))
        sheet.add("events_checked", "checked", .count(report.verification.eventCount))
        sheet.add("chain", "chain", .text(report.verification.chain))
        sheet.add("findings", nil, .count(report.verification.findings.count))
        if !report.isConsistent {
            sheet.warnings.append(
                "\(source) was copied file by file while it was written to; the store ends where "
                    + "the next event is missing.")
        }
        for file in report.leftOut {
            sheet.warnings.append("\(file) does not join on, and is in quarantine/.")
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
                "the backup is damaged: "
                    + Quantity.count(report.verification.findings.count, "finding")
                    + ". What is good is restored and can be read.")
        }
    }
}
