/// Checks a whole log against its own record of itself.
///
/// - quick: FORMAT, MANIFEST, HEAD; of each sealed segment size, footer, and index; of each other
///   segment every line.
/// - deep: besides, every frame is decoded by both of its checksums, every line is a record in its
///   place, and counts, times, SHA-256, and the hash chain are computed again.
///
/// Reads only. What it finds is a report, not an error: verifying goes on behind damage.
public struct LogVerifier: Sendable {
    public enum Depth: Sendable {
        case quick, deep
    }

    public struct Finding: Equatable, Sendable {
        /// The file's name inside the store.
        public let file: String
        public let message: String
        /// Positions that may be affected, if they are known.
        public let first: Position?
        public let last: Position?
    }

    public struct Report: Equatable, Sendable {
        public var segmentCount = 0
        public var eventCount = 0
        public var byteCount = 0
        /// Of the segments: archived where they cannot be read from here.
        ///
        /// Of them only the footer and the index were checked.
        public var unreachableSegmentCount = 0
        /// The hash chain's head after the last event, in hexadecimal; of a deep run without
        /// damage.
        public var chain: String?
        public var findings: [Finding] = []
        /// Why anchors were not compared where nothing is wrong: `.archived` for one among lines of an
        /// archive that cannot be read from here, `.expired` for one before the log's first event.
        public var uncheckedAnchors: [LogError] = []

        /// Whether nothing was found; an anchor may be unchecked nevertheless.
        public var isGood: Bool { findings.isEmpty }
    }

    private let reader: LogReader

    public init(_ reader: LogReader) {
        self.reader = reader
    }

    /// - Parameters:
    ///   - depth: How much is read; with anchors it is `deep`.
    ///   - anchors: Heads of the chain that were kept elsewhere. One that the log does not have is
    ///     a finding; one that cannot be compared is told in ``Report/uncheckedAnchors``.
    ///   - progress: Told the position reached, after each segment.
    /// - Returns: What was looked at and what was found.
    /// - Throws: ``LogError`` for what has nothing to do with the log's content.
    public func verify(
        _ depth: Depth, anchors: [Anchor] = [], progress: (Position) -> Void = { _ in }
    ) throws(LogError) -> Report {
        var pass = VerifyPass(reader, isDeep: depth == .deep || !anchors.isEmpty, anchors)
        try pass.verifyAll(progress: progress)
        return pass.finish()
    }
}
