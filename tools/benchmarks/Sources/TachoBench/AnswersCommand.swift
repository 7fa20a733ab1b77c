import TachoLog

/// `answers STORE [--from lines|columns]`: opens the log and folds the three answers, one thread for
/// each core.
enum AnswersCommand {
    static func run(_ arguments: Arguments) throws {
        let store = try arguments.positional(0, "STORE")
        let workers = max(1, try arguments.integer("workers", default: 2))
        let onlyStreams = arguments.text("questions", default: "all") == "streams"
        let wantsColumns = arguments.text("from", default: "lines") == "columns"
        let start = nanoseconds()
        let log = try LogReader.open(store)
        let parts = try log.fold(
            threadCount: workers, columns: wantsColumns ? Answers.columns : [],
            into: Answers(onlyStreams: onlyStreams)
        ) { answers, lines in
            try answers.fold(lines)
        } block: { answers, block in
            answers.fold(block)
        }
        var answers = parts[0]
        for part in parts.dropFirst() { answers.merge(part) }
        let rows = answers.rows()
        let duration = nanoseconds() - start
        let byteCount = log.segments.reduce(0) { $0 + $1.rawByteCount }
        Output.print("done \(duration) \(log.lastPosition) \(byteCount)\n")
        Output.print(rows.map { $0.line + "\n" }.joined())
    }
}
