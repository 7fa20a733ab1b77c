/// A run of up to eight tools in 128 bits.
///
/// 16 bits a call: its tool + 1, the first call uppermost, 0 behind the last. So keys are in the
/// order of their tools, and a run without its last or first call is a shift and a mask away:
///
///     Read (1) → Edit (2)         0002 0003 0000 0000 0000 0000 0000 0000
///     without its first call      0003 0000 0000 0000 0000 0000 0000 0000
struct RunKey: Hashable, Comparable, Sendable {
    static let callLimit = 8
    private static let codeBitCount: UInt128 = 16

    private(set) var bits: UInt128

    init(bits: UInt128 = 0) { self.bits = bits }

    static func < (left: RunKey, right: RunKey) -> Bool { left.bits < right.bits }

    /// The run with one call more before it, up to eight.
    @inline(__always)
    func preceded(by code: UInt16) -> RunKey {
        RunKey(bits: UInt128(code) &<< 112 | bits &>> Self.codeBitCount)
    }

    /// The run of `count` calls with one call more behind it, up to eight.
    @inline(__always)
    func followed(by code: UInt16, at count: Int) -> RunKey {
        RunKey(bits: bits | UInt128(code) &<< (112 - Self.codeBitCount * UInt128(count)))
    }

    @inline(__always)
    func prefix(_ count: Int) -> RunKey {
        if count >= Self.callLimit { return self }
        let kept = UInt128.max &<< (128 - Self.codeBitCount * UInt128(count))
        return RunKey(bits: count == 0 ? 0 : bits & kept)
    }

    @inline(__always)
    func dropFirst(_ count: Int = 1) -> RunKey {
        count >= Self.callLimit
            ? RunKey() : RunKey(bits: bits &<< (Self.codeBitCount * UInt128(count)))
    }

    /// Tool + 1; 0 behind the last.
    @inline(__always)
    subscript(place: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: bits &>> (112 - Self.codeBitCount * UInt128(place)))
    }

    var count: Int { (0..<Self.callLimit).first { self[$0] == 0 } ?? Self.callLimit }

    var tools: [Int] { (0..<count).map { Int(self[$0]) - 1 } }

    /// Shorter runs within this one.
    ///
    /// - Parameters:
    ///   - length: Of the shortest.
    ///   - withGaps: Whether calls may be left out between.
    /// - Returns: Some more than once.
    func parts(from length: Int, withGaps: Bool) -> [RunKey] {
        let count = count
        guard length < count else { return [] }
        guard withGaps else {
            return (length..<count).flatMap { size in
                (0...(count - size)).map { dropFirst($0).prefix(size) }
            }
        }
        return (1..<(1 << count) - 1).compactMap { choice in
            guard choice.nonzeroBitCount >= length else { return nil }
            var part = RunKey()
            for place in (0..<count).reversed() where choice >> place & 1 == 1 {
                part = part.preceded(by: self[place])
            }
            return part
        }
    }
}

/// How often a run comes.
struct CountedRun: Sendable {
    let key: RunKey
    let count: Int
}
