import TachoJSON
import TachoTorture

/// What came of all campaigns: one line for each, and what was found.
struct TortureListing {
    private let reports: [Report]

    init(_ reports: [Report]) {
        self.reports = reports
    }

    func print(_ options: OutputOptions) throws {
        switch options.format {
        case .json: try Output.write(json)
        case .csv: try table.print(options)
        case .text:
            try table.print(options)
            try printDetails(options.style)
        }
    }

    private var table: Listing {
        var listing = Listing(
            schema: "tacho.torture/1",
            fields: [
                .init("id"), .init("title", drop: 2, minimum: 20, maximum: 60),
                .init("trials", right: true), .init("findings", right: true),
                .init("canaries", drop: 1), .init("seconds", "time", right: true),
            ])
        listing.rows = reports.map { report in
            [
                .text(report.campaign.id), .text(report.campaign.title),
                .count(report.tally.trialCount), .count(report.tally.findingCount),
                .text("\(report.canariesFound) of \(report.canaryCount)"),
                .seconds(report.seconds),
            ]
        }
        return listing
    }

    private func printDetails(_ style: Style) throws(OutputError) {
        var text = "\n"
        for report in reports {
            let counts = report.counts.map { "\(Quantity.count($0.number)) \($0.name)" }
            text += "\(report.campaign.id)  \(counts.joined(separator: ", "))\n"
        }
        for report in reports {
            for finding in report.tally.findings {
                text += style.apply(.bad, "\(report.campaign.id)  ") + finding.message + "\n"
                text += "    \(report.command(for: finding))\n"
            }
        }
        try Output.write(text)
    }

    private var json: [UInt8] {
        JSONEnvelope(schema: "tacho.torture/1").bytes { writer in
            writer.beginArray()
            for report in reports { write(report, &writer) }
            writer.endArray()
        }
    }

    private func write(_ report: Report, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.value(report.campaign.id)
        writer.key("title")
        writer.value(report.campaign.title)
        for (key, number) in [
            ("trials", report.tally.trialCount), ("finding_count", report.tally.findingCount),
            ("canaries", report.canaryCount), ("canaries_found", report.canariesFound),
        ] {
            writer.key(key)
            writer.value(number)
        }
        writer.key("seconds")
        writer.value(report.seconds)
        writer.key("counts")
        writer.beginObject()
        for (name, number) in report.counts {
            writer.key(name)
            writer.value(number)
        }
        writer.endObject()
        writer.key("findings")
        writer.beginArray()
        for finding in report.tally.findings {
            writer.beginObject()
            writer.key("message")
            writer.value(finding.message)
            writer.key("trial")
            writer.value(finding.trial)
            writer.key("seed")
            writer.value(finding.seed)
            writer.key("command")
            writer.value(report.command(for: finding))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
