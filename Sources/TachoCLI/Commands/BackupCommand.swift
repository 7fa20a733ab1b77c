import ArgumentParser
import TachoCapture
import TachoLog
import TachoOperations

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the store to another directory, beside its writers.",
        discussion: """
            The copy is a store: every command that reads works on it. The next backup into the \
            same directory copies what is new, and takes away what was merged, erased, or expired \
            since. Tables are not copied, because they are made from the log. That a backup was \
            made is an event, tacho.backed_up.

            EXAMPLES
              tacho backup /mnt/backup/tacho
              tacho verify --deep --store /mnt/backup/tacho
              tacho restore /mnt/backup/tacho --to ~/tacho-restored
            """)

    @Argument(
        help: "Where to: a directory that is new, empty, or an earlier backup of this store.",
        completion: .directory)
    var directory: String

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let progress = ProgressBar(
            "copying", isQuiet: output.isQuiet, color: output.messages.color)
        let target = StoreDirectory.withoutSlash(directory)
        let report = try LogBackup(location.path).run(to: target) { done, all in
            progress.update(done, of: all, unit: "bytes")
        }
        progress.finish()
        var sheet = FactSheet(schema: "tacho.backup/1")
        sheet.add("directory", "backup", .text(target))
        sheet.add(
            "last_position", "position", Cell(report.lastPosition), note: "events up to here")
        sheet.add("segments", "segments", .count(report.segmentCount))
        sheet.add(
            "copied_files", "copied", .count(report.copiedFileCount),
            note: Quantity.bytes(report.copiedByteCount))
        sheet.add("copied_bytes", nil, .byteCount(report.copiedByteCount))
        sheet.add("kept_files", "there already", .count(report.keptFileCount))
        sheet.add("removed_files", "removed", .count(report.removedFileCount))
        sheet.add("damaged_files", nil, .count(report.damaged.count))
        let spooled = try StoreSurvey(location.openReader()).spool.count
        if spooled > 0 {
            sheet.warnings.append(
                "\(Quantity.count(spooled, "file")) of the spool are not in the log yet, and so not "
                    + "in the backup; the next append or import takes them in.")
        }
        do throws(LogError) {
            var writer = try location.openWriter(creates: false, output.messages)
            _ = try writer.append([report.receipt(target).event])
            try writer.close()
        } catch {
            // The copy is made, whatever becomes of the note.
            sheet.warnings.append("the store does not tell of the backup: \(error.message)")
        }
        try sheet.print(output)
        guard report.damaged.isEmpty else {
            throw Failure(
                .damage,
                "damaged in the store, and copied as they are: "
                    + report.damaged.joined(separator: ", ") + ". Run `tacho verify --deep`.")
        }
    }
}
