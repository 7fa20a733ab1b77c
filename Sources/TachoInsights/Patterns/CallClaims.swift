/// Which calls belong to which run: each call to one run at most.
///
/// A run's places are those that do not overlap, as many as there are, with at most `gap` other calls
/// between two of its own; see ``GapCounter``.
struct CallClaims {
    /// Where a run so far ends, and the latest place where it then begins.
    private struct Ending {
        let start: Int32
        let end: Int32
        /// Index of the ending of the run without its last call.
        let before: Int32
    }

    private let calls: Calls
    private let gap: Int
    /// All calls, those of a tool together, ascending.
    private var placesByCode: [Int32]
    /// By code, where its places begin; one more behind the last.
    private var firstByCode: [Int]
    private var isTaken: [Bool]
    /// By code: the calls that nobody took, ascending.
    private var freePlaces: [[Int32]]

    /// - Complexity: O(calls); 9 bytes each.
    init(_ calls: Calls, gap: Int) {
        self.calls = calls
        self.gap = gap
        var first = 0
        firstByCode = [0]
        for count in calls.toolCounts {
            first += count
            firstByCode.append(first)
        }
        var next = firstByCode
        placesByCode = Array(repeating: 0, count: first)
        for (place, code) in calls.codes.enumerated() where code != 0 {
            placesByCode[next[Int(code)]] = Int32(truncatingIfNeeded: place)
            next[Int(code)] += 1
        }
        isTaken = Array(repeating: false, count: calls.codes.count)
        freePlaces = firstByCode.indices.dropLast().map {
            [places = placesByCode, firstByCode] code in
            Array(places[firstByCode[code]..<firstByCode[code + 1]])
        }
    }

    /// At least as many as the free places of a run; asks for no place.
    func freePlaceLimit(of run: RunKey) -> Int {
        let codes = (0..<run.count).map { run[$0] }
        let limits = codes.map { code in freePlaces[Int(code)].count / codes.count { $0 == code } }
        return limits.min() ?? 0
    }

    /// The calls of each place for a run, ascending, none of which is taken if only `free` ones count.
    ///
    /// - Parameters:
    ///   - run: Its calls.
    ///   - free: Whether calls that belong to a better run are left out.
    ///   - minimumCount: Fewer places are as good as none.
    /// - Returns: As many calls as the run has for each place, one place behind the other; none if it
    ///   turns out early that there are fewer than `minimumCount` places.
    func calls(of run: RunKey, free: Bool, minimumCount: Int = 0) -> [Int32] {
        let length = run.count
        var levels = [firstCalls(of: run[0], free: free)]
        for index in 1..<length {
            if levels[index - 1].count < minimumCount { return [] }
            levels.append(goOn(from: levels[index - 1], with: run[index], free: free))
        }
        var found: [Int32] = []
        var lastEnd: Int32 = -1
        for ending in levels[length - 1] where ending.start > lastEnd {
            lastEnd = ending.end
            let first = found.count
            found.append(contentsOf: repeatElement(ending.end, count: length))
            var before = ending.before
            for index in (0..<(length - 1)).reversed() {
                found[first + index] = levels[index][Int(before)].end
                before = levels[index][Int(before)].before
            }
        }
        return found
    }

    mutating func take(_ calls: [Int32]) {
        var codes = Set<UInt16>()
        for call in calls {
            isTaken[Int(call)] = true
            codes.insert(self.calls.codes[Int(call)])
        }
        for code in codes { freePlaces[Int(code)].removeAll { isTaken[Int($0)] } }
    }

    private func firstCalls(of code: UInt16, free: Bool) -> [Ending] {
        let places =
            free
            ? freePlaces[Int(code)][...]
            : placesByCode[firstByCode[Int(code)]..<firstByCode[Int(code) + 1]]
        return places.map { Ending(start: $0, end: $0, before: -1) }
    }

    private func goOn(from ends: [Ending], with code: UInt16, free: Bool) -> [Ending] {
        var found: [Ending] = []
        for (index, ending) in ends.enumerated() {
            var end = Int(ending.end) + 1
            // Behind the next end the next one is nearer.
            let last = index + 1 < ends.count ? min(end + gap, Int(ends[index + 1].end)) : end + gap
            while end <= last, calls.codes[end] != 0 {
                if calls.codes[end] == code, !free || !isTaken[end] {
                    found.append(
                        Ending(
                            start: ending.start, end: Int32(truncatingIfNeeded: end),
                            before: Int32(truncatingIfNeeded: index)))
                }
                end += 1
            }
        }
        return found
    }
}
