import ArgumentParser
import TachoCapture
import TachoEvents
import TachoLog
import TachoSources

/// Which store a command is about.
///
/// `--store`, else `TACHO_STORE`, else the nearest `.tacho/` from the working directory upwards,
/// else the data directory of the user (XDG Base Directory Specification 0.8).
struct StoreLocation: ParsableArguments {
    @Option(
        name: .customLong("store"),
        help: ArgumentHelp(
            "The store's directory. (default: TACHO_STORE, else the nearest .tacho/ upwards, else "
                + "$XDG_DATA_HOME/tacho or ~/.local/share/tacho)", valueName: "dir"),
        completion: .directory)
    var directory: String?

    var path: String {
        directory.map(StoreDirectory.withoutSlash) ?? StoreDirectory.find()
    }

    var layout: StoreLayout { StoreLayout(path) }

    func validate() throws {
        if let directory, directory.isEmpty {
            throw ValidationError("--store needs the name of a directory.")
        }
    }

    /// Opens the store for reading.
    func openReader() throws(LogError) -> LogReader {
        try LogReader.open(path)
    }

    /// Opens the store for writing.
    ///
    /// - Parameters:
    ///   - creates: Whether a store is made where there is none.
    ///   - messages: Told what had to be put right.
    /// - Returns: The writer, after what it had to put right was told.
    /// - Throws: ``LogError``.
    func openWriter(creates: Bool, _ messages: MessageOptions) throws(LogError) -> LogWriter {
        var options = LogOptions.events
        options.createsStore = creates
        let writer = try LogWriter.open(path, options: options)
        if let recovery = writer.recovery {
            for line in recovery.explanation {
                Output.note(messages.errorStyle.apply(.warning, "recovered: ") + line)
            }
        }
        return writer
    }
}

extension RecoveryReport {
    /// What was put right, for people.
    var explanation: [String] {
        var lines = [String]()
        if tornByteCount > 0 {
            var line =
                "an append was cut off by a crash; its \(Quantity.count(tornByteCount, "byte")) "
                + "were never acknowledged as durable"
            if let quarantineFile { line += ", and are kept in quarantine/\(quarantineFile)" }
            lines.append(line)
        }
        if let damagedFile {
            let place = damagedOffset.map { " at byte \($0)" } ?? ""
            lines.append(
                "log/\(damagedFile) is damaged\(place); it is kept as it is, what is good in it is "
                    + "read, and the log goes on in a new file. Run `tacho verify`")
        }
        if missingByteCount > 0 {
            lines.append(
                "\(Quantity.count(missingByteCount, "acknowledged byte")) are gone; the loss is "
                    + "noted in the log, which goes on with what is there")
        }
        return lines
    }
}
