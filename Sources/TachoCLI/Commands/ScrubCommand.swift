import ArgumentParser
import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct ScrubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Read some of the log through, to find rotten bits while a backup still exists.",
        discussion: """
            Checks whole segments as `tacho verify --deep` does, beginning where the last scrub \
            ended, until its budget is used up; behind the end it begins anew. Made for a timer at \
            night: at least one segment is checked at each call. What it finds is printed, noted in \
            the log as tacho.damaged, and ends with exit code 5; `tacho repair` is next.

            EXAMPLES
              tacho scrub --seconds 60 --megabytes-per-second 50
              tacho scrub --json | jq .data.findings
            """)

    @Option(help: "How long to go on. Without it, to the end of the log.")
    var seconds: Double?

    @Option(help: "How fast to read at most.")
    var megabytesPerSecond: Double?

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, value) in [
            ("seconds", seconds), ("megabytes-per-second", megabytesPerSecond),
        ] {
            if let value, !(value > 0) { throw ValidationError("--\(name) must be more than 0.") }
        }
    }

    func run() throws {
        let reader = try location.openReader()
        let progress = ProgressBar(
            "scrubbing", isQuiet: output.isQuiet, color: output.messages.color)
        let clock = ContinuousClock()
        let start = clock.now
        let last = Int(clamping: reader.lastPosition.rawValue)
        var byteCount = 0
        let report = try Scrubber(reader).run { bytes, position in
            byteCount += bytes
            progress.update(Int(clamping: position.rawValue), of: last, unit: "events")
            if let megabytesPerSecond {
                let due = Double(byteCount) / (megabytesPerSecond * 1_000_000)
                let early = due - (clock.now - start) / .seconds(1)
                if early > 0 { usleep(UInt32(min(early, 3600) * 1_000_000)) }
            }
            return seconds.map { clock.now - start < .seconds($0) } ?? true
        }
        progress.finish()
        var isNoted = true
        if !report.findings.isEmpty {
            do throws(LogError) {
                var writer = try location.openWriter(creates: false, output.messages)
                _ = try writer.note(report.findings, by: "tacho/scrub")
                try writer.close()
            } catch {
                isNoted = false
                Output.note("the damage could not be noted in the log: \(error.message)")
            }
        }
        try print(report, isNoted: isNoted)
        guard report.findings.isEmpty else {
            throw Failure(
                .damage,
                "\(Quantity.count(report.findings.count, "finding")). Restore the files named from "
                    + "a backup, or let `tacho repair --segments` keep what is good in them.")
        }
    }

    private func print(_ report: Scrubber.Report, isNoted: Bool) throws {
        var sheet = FactSheet(schema: "tacho.scrub/1")
        sheet.add("segments", "segments checked", .count(report.segmentCount))
        sheet.add("bytes", "bytes checked", .byteCount(report.byteCount))
        sheet.add("first", "from position", Cell(report.positions?.lowerBound))
        sheet.add("last", "to position", Cell(report.positions?.upperBound))
        sheet.add(
            "at_end", "whole log", .boolean(report.isAtEnd),
            note: report.isAtEnd ? "the next scrub begins at its start" : "the next scrub goes on")
        sheet.add("findings", "findings", .count(report.findings.count))
        if !report.findings.isEmpty { sheet.add("noted", nil, .boolean(isNoted)) }
        try sheet.print(output)
        guard output.format == .text else { return }
        for finding in report.findings {
            try Output.write("  \(finding.file): \(finding.message)\n")
        }
    }
}
