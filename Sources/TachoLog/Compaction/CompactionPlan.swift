/// What compacting a log would do: which sealed segments become one, which are compressed anew, and
/// why the others stay as they are.
///
/// A function of the manifest, the segments' own footers, and the options: the same of them make
/// the same plan, whose ``id`` says so. Appending to the log does not change a plan; sealing more or
/// compacting does.
public struct CompactionPlan: Equatable, Sendable {
    /// How a log is compacted.
    public struct Options: Equatable, Sendable {
        /// LZ4's level: 3 to 12 compress better than what sealing uses.
        ///
        /// 11 is 0.4 to 0.6 % smaller than 9 and takes less than twice its time; 12 is no smaller
        /// than 11 on lines of events.
        public var level: Int
        /// Segments are merged as long as their lines together are no more bytes than this.
        public var mergedByteCount: Int
        /// Lines of a frame.
        ///
        /// 4 MiB compress 2 % better than sealing's 1 MiB, and a read of one
        /// record decodes in a millisecond.
        public var frameByteCount: Int
        /// Segments whose last record is younger stay as they are, by the store's own time.
        public var recordedBefore: Timestamp?
        /// Fields that segments are to carry as columns; `nil` leaves each with what it has.
        public var columns: ColumnSet?

        public init(
            level: Int = 11, mergedByteCount: Int = 64 << 20, frameByteCount: Int = 4 << 20,
            recordedBefore: Timestamp? = nil, columns: ColumnSet? = nil
        ) {
            self.level = level
            self.mergedByteCount = mergedByteCount
            self.frameByteCount = frameByteCount
            self.recordedBefore = recordedBefore
            self.columns = columns
        }
    }

    /// Segments that are written anew as one.
    public struct Step: Equatable, Sendable {
        /// In order of position, without anything between.
        public let inputs: [SegmentSummary]
        /// Why: `merge`, `recompress`, or `reindex`, which is for other columns; or several.
        public let reasons: [String]

        public var first: Position { inputs[0].first }
        public var last: Position { inputs[inputs.count - 1].last }
        /// The name of the file that takes the place of the inputs.
        public var output: String {
            let generation = inputs.map { StoreLayout.generation(ofSealed: $0.file) }.max() ?? 0
            return StoreLayout.sealedName(first: first, last: last, generation: generation + 1)
        }
        public var byteCount: Int { inputs.reduce(0) { $0 + $1.byteCount } }
        public var rawByteCount: Int { inputs.reduce(0) { $0 + $1.rawByteCount } }
    }

    /// A segment that stays as it is.
    public struct Skipped: Equatable, Sendable {
        public let segment: SegmentSummary
        public let reason: String
    }

    public let steps: [Step]
    public let skipped: [Skipped]
    public let options: Options
    /// 32 hexadecimal digits: SHA-256 of what would be done and how, cut.
    public let id: String

    /// What a plan looks at of a segment.
    struct Fact: Equatable {
        let segment: SegmentSummary
        /// The level it is compressed with; `nil` if it is not sealed.
        let level: Int?
        let lastRecorded: Timestamp
        var columns = ColumnSet.none
    }

    init(_ facts: [Fact], _ options: Options) {
        var steps = [Step]()
        var skipped = [Skipped]()
        var run = [Fact]()
        func finishRun() {
            defer { run = [] }
            guard let only = run.first else { return }
            var reasons = [String]()
            if run.count > 1 { reasons.append("merge") }
            if run.contains(where: { ($0.level ?? 0) < options.level }) {
                reasons.append("recompress")
            }
            if let columns = options.columns, run.contains(where: { $0.columns != columns }) {
                reasons.append("reindex")
            }
            if reasons.isEmpty {
                let reason = "compressed at level \(only.level ?? 0) already"
                skipped.append(Skipped(segment: only.segment, reason: reason))
            } else {
                steps.append(Step(inputs: run.map(\.segment), reasons: reasons))
            }
        }
        for fact in facts {
            if let reason = Self.reasonToSkip(fact, options) {
                finishRun()
                skipped.append(Skipped(segment: fact.segment, reason: reason))
                continue
            }
            let byteCount = run.reduce(fact.segment.rawByteCount) { $0 + $1.segment.rawByteCount }
            if byteCount > options.mergedByteCount { finishRun() }
            run.append(fact)
        }
        finishRun()
        self.steps = steps
        self.skipped = skipped
        self.options = options
        id = Self.id(steps, options)
    }

    private static func reasonToSkip(_ fact: Fact, _ options: Options) -> String? {
        guard fact.level != nil else {
            let state = fact.segment.state
            return state == "archived" ? state : "\(state), not sealed"
        }
        if let limit = options.recordedBefore, fact.lastRecorded > limit {
            return "its last event was recorded at \(fact.lastRecorded.iso8601)"
        }
        return nil
    }

    private static func id(_ steps: [Step], _ options: Options) -> String {
        var text = "level \(options.level) frame \(options.frameByteCount)\n"
        if let columns = options.columns { text += "columns \(columns.columns)\n" }
        for step in steps {
            for input in step.inputs {
                text += "\(input.file) \(input.byteCount)\n"
            }
            text += "\(step.reasons.joined(separator: " "))\n"
        }
        var hasher = SHA256Hasher()
        Array(text.utf8).withUnsafeBytes { hasher.update($0) }
        return String(hasher.finish().hex.prefix(32))
    }
}
