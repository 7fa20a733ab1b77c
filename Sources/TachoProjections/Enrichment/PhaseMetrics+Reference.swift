package import TachoLog

extension PhaseMetrics {
    /// The reference's rule, from one time stamp a phase; it never had any in production (B09).
    ///
    /// A phase lasts until the next one's stamp, and so the last has no duration; a name that comes
    /// again overwrites; the bottleneck is the first phase above 30 % of the total; nothing is
    /// idle. Fewer than two stamps say nothing.
    ///
    /// Source: semantics §4.13, golden `phase_metrics`.
    package init?(reference phases: [(name: ByteString, stamp: Timestamp)]) {
        guard phases.count >= 2 else { return nil }
        let ordered = phases.enumerated().sorted {
            ($0.element.stamp, $0.offset) < ($1.element.stamp, $1.offset)
        }.map(\.element)

        var durations: [Duration] = []
        for (phase, next) in zip(ordered, ordered.dropFirst()) {
            let seconds =
                (next.stamp.microseconds - phase.stamp.microseconds) / 1_000_000
            if let index = durations.firstIndex(where: { $0.phase == phase.name }) {
                durations[index].seconds = seconds
            } else {
                durations.append(Duration(phase: phase.name, seconds: seconds))
            }
        }
        let total = durations.reduce(0) { $0 + $1.seconds }
        let first = durations.first {
            total != 0 && Double($0.seconds) / Double(total) > Self.bottleneckShare
        }
        self.init(durations: durations, bottleneck: first?.phase, idleSeconds: 0)
    }
}
