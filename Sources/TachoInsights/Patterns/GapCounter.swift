/// Counts every frequent run with other calls between its own, exactly, depth first.
///
/// For a run, all places where it ends are known, each with the latest place where it may begin. The
/// runs that are one call longer end at one of the next `gap + 1` calls, so that one pass over the
/// places counts them all, and a second one lists the places of those that are frequent. A longer run
/// is frequent only if the shorter one is (the Apriori principle), so nothing is estimated or lost.
///
///     gap 1, Read at 1, 4, 5     Read Grep Edit Read Read Edit
///     Read→Edit: at 3 from 1     1    2    3    4    5    6
///                at 6 from 5     (not from 4: the nearest is the latest)
///
/// Of two ends of a run, the later one never begins earlier: whatever the earlier one goes on from, the
/// later one may go on from, too, or from something later. So of a call only the nearest end before it
/// counts, the places come out in their order, and taking the first that begins behind the last one
/// taken gives the most places that do not overlap.
///
/// Memory: 8 bytes for each place of the runs that wait. Those go on from one run and end in different
/// tools, so that at each length there is at most one for each call: 64 bytes a call at worst, and 8
/// to 16 where there are more than a few tools.
///
/// Source: Pei et al. 2001 (PrefixSpan: growing a run by its places); Laxman 2007 (occurrences that do
/// not overlap).
struct GapCounter {
    /// Where a run ends, and the latest place where it then begins.
    private struct Ending {
        let start: Int32
        let end: Int32
    }

    /// A run that waits to be gone on from; its places lie in `waiting`, from `first` on.
    private struct Waiting {
        let key: RunKey
        let length: Int
        let count: Int
        let first: Int
    }

    /// What goes on from a run with one tool.
    private struct Continuation {
        /// Without overlap.
        var count: Int32 = 0
        var lastEnd: Int32 = -1
        /// Places where it ends.
        var endCount: Int32 = 0
        /// Where its next place is noted; −1 if it is rare.
        var next: Int32 = -1
    }

    private let calls: Calls
    private let minimumCount: Int
    private let gap: Int
    private let maximumLength: Int
    /// Frequent runs by length less one, each level in the order of their keys.
    private(set) var levels: [[CountedRun]]

    private var waiting: [Ending] = []
    private var runs: [Waiting] = []
    /// By code; all as at first between two runs.
    private var continuations: [Continuation]

    /// - Complexity: O(places of all frequent runs × (`gap` + 1)).
    init(_ calls: Calls, minimumCount: Int, gap: Int, maximumLength: Int) {
        self.calls = calls
        self.minimumCount = max(1, minimumCount)
        self.gap = gap
        self.maximumLength = maximumLength
        levels = Array(repeating: [], count: maximumLength)
        continuations = Array(repeating: Continuation(), count: calls.toolCounts.count)
        beginWithTools()
        while let run = runs.popLast() {
            levels[run.length - 1].append(CountedRun(key: run.key, count: run.count))
            if run.length < maximumLength {
                goOn(from: run)
            }
        }
        // The last run to wait is the first to be gone on from.
        for index in levels.indices { levels[index].reverse() }
    }

    private mutating func beginWithTools() {
        var used: [Int] = []
        for (code, count) in calls.toolCounts.enumerated() where count > 0 {
            used.append(code)
            continuations[code].count = Int32(clamping: count)
            continuations[code].endCount = Int32(clamping: count)
        }
        let size = admit(used, from: RunKey(), length: 0, first: 0)
        waiting = Array(repeating: Ending(start: 0, end: 0), count: size)
        for (place, code) in calls.codes.enumerated() where code != 0 {
            let next = Int(continuations[Int(code)].next)
            guard next >= 0 else { continue }
            waiting[next] = Ending(start: Int32(place), end: Int32(place))
            continuations[Int(code)].next += 1
        }
        for code in used { continuations[code] = Continuation() }
    }

    /// Puts the frequent runs that are one call longer in the place of `run`.
    private mutating func goOn(from run: Waiting) {
        let gap = gap
        let used = waiting.withUnsafeBufferPointer { waiting in
            calls.codes.withUnsafeBufferPointer { codes in
                continuations.withUnsafeMutableBufferPointer { continuations in
                    Self.count(
                        UnsafeBufferPointer(rebasing: waiting[run.first...]), codes, gap,
                        continuations)
                }
            }
        }
        let ends = Array(waiting[run.first...])
        waiting.removeSubrange(run.first...)
        let size = admit(used.sorted(), from: run.key, length: run.length, first: run.first)
        // Nothing goes on from the longest.
        if size > 0, run.length + 1 < maximumLength {
            waiting.reserveCapacity(run.first + size)
            waiting.append(
                contentsOf: repeatElement(Ending(start: 0, end: 0), count: size))
            waiting.withUnsafeMutableBufferPointer { waiting in
                calls.codes.withUnsafeBufferPointer { codes in
                    continuations.withUnsafeMutableBufferPointer { continuations in
                        ends.withUnsafeBufferPointer { ends in
                            Self.forEachEnd(after: ends, codes, gap) { code, start, end in
                                let next = Int(continuations[code].next)
                                guard next >= 0 else { return }
                                waiting[next] = Ending(start: start, end: end)
                                continuations[code].next += 1
                            }
                        }
                    }
                }
            }
        }
        for code in used { continuations[code] = Continuation() }
    }

    /// - Returns: The codes that go on from there, in the order in which they first do.
    private static func count(
        _ ends: UnsafeBufferPointer<Ending>, _ codes: UnsafeBufferPointer<UInt16>, _ gap: Int,
        _ continuations: UnsafeMutableBufferPointer<Continuation>
    ) -> [Int] {
        var used: [Int] = []
        forEachEnd(after: ends, codes, gap) { code, start, end in
            if continuations[code].endCount == 0 { used.append(code) }
            continuations[code].endCount += 1
            if start > continuations[code].lastEnd {
                continuations[code].count += 1
                continuations[code].lastEnd = end
            }
        }
        return used
    }

    /// Calls `body` with each call that goes on from one of `ends`, in their order.
    @inline(__always)
    private static func forEachEnd(
        after ends: UnsafeBufferPointer<Ending>, _ codes: UnsafeBufferPointer<UInt16>, _ gap: Int,
        _ body: (_ code: Int, _ start: Int32, _ end: Int32) -> Void
    ) {
        for index in ends.indices {
            let ending = ends[index]
            var end = Int(ending.end) + 1
            // Behind the next end the next one is nearer. An end stands behind the last call.
            let last = index + 1 < ends.count ? min(end + gap, Int(ends[index + 1].end)) : end + gap
            while end <= last, codes[end] != 0 {
                body(Int(codes[end]), ending.start, Int32(truncatingIfNeeded: end))
                end += 1
            }
        }
    }

    /// Lets the frequent ones wait, the order of their keys kept, each with room for its places.
    ///
    /// - Returns: How many places they have.
    private mutating func admit(
        _ codes: [Int], from key: RunKey, length: Int, first: Int
    ) -> Int {
        var size = 0
        for code in codes where Int(continuations[code].count) >= minimumCount {
            runs.append(
                Waiting(
                    key: key.followed(by: UInt16(truncatingIfNeeded: code), at: length),
                    length: length + 1, count: Int(continuations[code].count),
                    first: first + size))
            continuations[code].next = Int32(clamping: first + size)
            size += Int(continuations[code].endCount)
        }
        return size
    }
}
