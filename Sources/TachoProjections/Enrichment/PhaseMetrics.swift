package import TachoLog

/// How long the phases of a workflow took, which one held it up, and how long it stood idle.
package struct PhaseMetrics: Hashable, Sendable {
    package struct Duration: Hashable, Sendable {
        package let phase: ByteString
        package var seconds: Int64
    }

    /// In the order in which the phases first appear.
    package let durations: [Duration]
    package let bottleneck: ByteString?
    package let idleSeconds: Int64

    /// A phase holds a workflow up if it takes more than this share of the total.
    static let bottleneckShare = 0.30

    init(durations: [Duration], bottleneck: ByteString?, idleSeconds: Int64) {
        self.durations = durations
        self.bottleneck = bottleneck
        self.idleSeconds = idleSeconds
    }

    /// The longest phase above 30 % of the total; of equally long ones that with the lower number.
    ///
    /// Source: semantics §4.13; the seed's "slowest phase", where the reference takes the first.
    init(durations: [Duration], idleSeconds: Int64) {
        let total = durations.reduce(0) { $0 + $1.seconds }
        let longest = durations.enumerated().min { left, right in
            (-left.element.seconds, Self.rank(left.element.phase), left.offset)
                < (-right.element.seconds, Self.rank(right.element.phase), right.offset)
        }?.element
        let isBottleneck = longest.map {
            total > 0 && Double($0.seconds) / Double(total) > Self.bottleneckShare
        }
        self.init(
            durations: durations, bottleneck: isBottleneck == true ? longest?.phase : nil,
            idleSeconds: idleSeconds)
    }

    /// Phases that are none of the ten come after them.
    private static func rank(_ phase: ByteString) -> Int64 {
        let number = phase.bytes.withUnsafeBytes { PhaseName.number(of: $0) }
        return number == 0 ? .max : number
    }
}
