import TachoLog

/// What `tacho` alone says: how the store is, and what to do next.
struct Overview {
    let location: StoreLocation

    func print() throws {
        let style = Style(.auto, for: Terminal.output)
        var text = ""
        do throws(LogError) {
            let reader = try location.openReader()
            let survey = StoreSurvey(reader)
            text +=
                style.apply(.heading, reader.directory) + "  "
                + "\(Quantity.count(Int(reader.lastPosition.rawValue), "event")), "
                + "\(Quantity.count(survey.segmentCount, "segment")), "
                + "\(Quantity.bytes(survey.byteCount))\n"
        } catch {
            guard error.code == .notFound else { throw error }
            text += "No store yet; the first event makes one in \(location.path).\n"
        }
        let commands = [
            ("tacho import PATH…", "take in transcripts, run directories, hook logs"),
            ("tacho history", "workflows: status, phases, tools, tokens, cost"),
            ("tacho show ID", "one workflow or session from start to end"),
            ("tacho tail -f --pretty", "watch events as they come"),
            ("tacho --help", "everything else"),
        ]
        text += "\n"
        for (command, purpose) in commands {
            let shown = TerminalText.padded(command, to: 24, rightAligned: false)
            text += "  " + style.apply(.accent, shown) + purpose + "\n"
        }
        try Output.write(text)
    }
}
