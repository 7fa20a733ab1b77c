import TachoCapture
import TachoLog
import TachoSources

/// Takes what hooks could not write into the log.
enum SpoolDrain {
    /// - Parameters:
    ///   - writer: Of the store.
    ///   - location: Of the store.
    ///   - secrets: What becomes of secrets in what was spooled.
    ///   - report: What it came to.
    /// - Returns: The writer.
    /// - Throws: ``LogError``; nothing was removed then that is not in the log.
    static func drain(
        _ writer: consuming LogWriter, _ location: StoreLocation, _ secrets: SecretMode,
        _ report: inout SpoolReport?
    ) throws(LogError) -> LogWriter {
        let recorder = HookRecorder(store: location.path)
        var sink = LogSink(writer)
        var quarantine = Quarantine(directory: location.layout.quarantine)
        report = try recorder.spool.drain(
            store: recorder.store, into: &sink, quarantine: &quarantine, secrets: secrets,
            at: .now)
        return sink.finish()
    }

    static func tell(_ report: SpoolReport?) {
        guard let report, report.eventCount + report.quarantinedCount > 0 else { return }
        var text = "\(Quantity.count(report.eventCount, "event")) taken in from the spool"
        if report.quarantinedCount > 0 {
            text += "; \(report.quarantinedCount) kept aside in quarantine/"
        }
        Output.note(text)
    }
}
