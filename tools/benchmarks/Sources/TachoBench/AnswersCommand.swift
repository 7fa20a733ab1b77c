import Synchronization
import TachoLog

/// `answers STORE`: opens the log and folds the three answers, one worker for each core.
enum AnswersCommand {
    static func run(_ arguments: Arguments) async throws {
        let store = try arguments.positional(0, "STORE")
        let workers = max(1, try arguments.integer("workers", default: 2))
        let onlyStreams = arguments.text("questions", default: "all") == "streams"
        let start = nanoseconds()
        let log = try LogReader.open(store)
        let answers = try await fold(log, workers: workers, onlyStreams: onlyStreams)
        let lines = answers.lines()
        let duration = nanoseconds() - start
        let byteCount = log.segments.reduce(0) { $0 + $1.rawByteCount }
        Output.print("done \(duration) \(log.lastPosition) \(byteCount)\n")
        Output.print(lines.map { $0 + "\n" }.joined())
    }

    /// Each worker takes the next segment that nobody has, and folds it on its own.
    private static func fold(
        _ log: LogReader, workers: Int, onlyStreams: Bool
    ) async throws -> Answers {
        let segments = log.segments.filter { $0.last >= $0.first }
        let queue = SegmentQueue()
        return try await withThrowingTaskGroup(of: Answers.self) { group in
            for _ in 0..<workers {
                group.addTask { @concurrent in
                    var answers = Answers(onlyStreams: onlyStreams)
                    while let index = queue.next(below: segments.count) {
                        let segment = segments[index]
                        try log.forEachBatch(from: segment.first, through: segment.last) { batch in
                            try answers.fold(batch)
                            return true
                        }
                    }
                    return answers
                }
            }
            var total = Answers(onlyStreams: onlyStreams)
            for try await part in group { total.merge(part) }
            return total
        }
    }
}

private final class SegmentQueue: Sendable {
    private let taken = Atomic<Int>(0)

    func next(below count: Int) -> Int? {
        let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < count ? index : nil
    }
}
