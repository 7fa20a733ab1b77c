/// Counts every run of up to eight calls at once, exactly, by sorting.
///
/// The eight calls from a place on are one word, cut where the sequence ends. In the order of the
/// words, runs that begin alike lie beside each other, so that one pass counts all lengths:
///
///     Read Edit Bash Read …
///     Read Edit Bash Stop …     Read→Edit 3, Read→Edit→Bash 2
///     Read Edit Stop …
///
/// A call takes as many bits as there are tools that come `minimumCount` times: 30 tools take 5, and
/// eight calls 40 bits, which are sorted in four steps. A rarer tool ends a run, for no run with it
/// is frequent. Counting costs the same whatever repeats, and no count is estimated or lost.
///
/// Memory: 2 bytes a call, and 16 bytes for each of the words sorted at a time (32 with more than 255
/// frequent tools). That are `wordLimit` at most, but for runs that begin with the same 11 bits: they
/// are sorted together.
///
/// Source: the suffix array of Manber and Myers 1993, cut at eight; radix sort from the lowest digit.
struct RunCounter<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
    /// Bits of a call.
    private let codeBitCount: Int
    private let minimumCount: Int
    /// Tool + 1 by code.
    private let tools: [UInt16]
    /// Frequent runs by length less one, each level in the order of their keys.
    private(set) var levels: [[CountedRun]]

    private var previous: Word = 0
    private var index = 0
    /// By length: where the run of this length that the last word begins with came first.
    private var starts = [Int](repeating: 0, count: RunKey.callLimit + 1)
    /// By bit: how many calls of two words are equal whose uppermost difference it is.
    private let equalCounts: [Int]

    private static var digitBitCount: Int { 11 }

    /// - Parameters:
    ///   - codes: Of the calls: from 1 on, 0 where a sequence ends or no run goes on.
    ///   - tools: Tool + 1 by code.
    ///   - minimumCount: What comes more seldom is left out.
    ///   - wordLimit: Words sorted at a time.
    init(_ codes: [UInt16], tools: [UInt16], minimumCount: Int, wordLimit: Int) {
        self.tools = tools
        self.minimumCount = max(1, minimumCount)
        let bitCount = max(1, Int.bitWidth - (tools.count - 1).leadingZeroBitCount)
        codeBitCount = bitCount
        precondition(bitCount * RunKey.callLimit <= Word.bitWidth, "eight calls fit into a word")
        levels = Array(repeating: [], count: RunKey.callLimit)
        equalCounts = (0..<Word.bitWidth).map { RunKey.callLimit - 1 - $0 / bitCount }
        count(codes, wordLimit: wordLimit)
    }

    // MARK: Words

    private mutating func count(_ codes: [UInt16], wordLimit: Int) {
        let wordBitCount = codeBitCount * RunKey.callLimit
        let digitShift = Word(max(0, wordBitCount - Self.digitBitCount))
        var sizes = [Int](repeating: 0, count: 1 << Self.digitBitCount)
        forEachWord(codes) { word in sizes[Int(truncatingIfNeeded: word &>> digitShift)] += 1 }
        var words: [Word] = []
        var first = 0
        while first < sizes.count {
            var end = first + 1
            var size = sizes[first]
            while end < sizes.count, size + sizes[end] <= wordLimit {
                size += sizes[end]
                end += 1
            }
            words.removeAll(keepingCapacity: true)
            words.reserveCapacity(size)
            if size > 0 {
                forEachWord(codes) { word in
                    let digit = Int(truncatingIfNeeded: word &>> digitShift)
                    if digit >= first, digit < end { words.append(word) }
                }
            }
            Self.sort(&words, bitCount: wordBitCount)
            for word in words { take(word) }
            first = end
        }
        close(from: 1)
    }

    /// The eight calls from each place on, from the last place to the first.
    @inline(__always)
    private func forEachWord(_ codes: [UInt16], _ body: (Word) -> Void) {
        let step = Word(codeBitCount)
        let top = step * Word(RunKey.callLimit - 1)
        codes.withUnsafeBufferPointer { codes in
            var word: Word = 0
            var place = codes.count - 1
            while place >= 0 {
                let code = codes[place]
                place -= 1
                guard code != 0 else {
                    word = 0
                    continue
                }
                word = Word(truncatingIfNeeded: code) &<< top | word &>> step
                body(word)
            }
        }
    }

    /// Sorts digit by digit, the lowest first.
    private static func sort(_ words: inout [Word], bitCount: Int) {
        var sorted = [Word](repeating: 0, count: words.count)
        for shift in stride(from: 0, to: bitCount, by: digitBitCount) {
            let shift = Word(shift)
            let mask = 1 << digitBitCount - 1
            var places = [Int](repeating: 0, count: 1 << digitBitCount)
            for word in words { places[Int(truncatingIfNeeded: word &>> shift) & mask] += 1 }
            // All are alike in this digit.
            if places.contains(words.count) { continue }
            var place = 0
            for digit in places.indices {
                let size = places[digit]
                places[digit] = place
                place += size
            }
            sorted.withUnsafeMutableBufferPointer { sorted in
                places.withUnsafeMutableBufferPointer { places in
                    for word in words {
                        let digit = Int(truncatingIfNeeded: word &>> shift) & mask
                        sorted[places[digit]] = word
                        places[digit] += 1
                    }
                }
            }
            swap(&words, &sorted)
        }
    }

    // MARK: Counts

    @inline(__always)
    private mutating func take(_ word: Word) {
        if word != previous {
            let bit = Word.bitWidth - 1 - (word ^ previous).leadingZeroBitCount
            close(from: equalCounts[bit] + 1)
            previous = word
        }
        index += 1
    }

    /// Notes the runs of at least `length` calls that go no further.
    @inline(__always)
    private mutating func close(from length: Int) {
        var length = length
        while length <= RunKey.callLimit {
            let count = index - starts[length]
            if count >= minimumCount { note(length, count) }
            starts[length] = index
            length += 1
        }
    }

    private mutating func note(_ length: Int, _ count: Int) {
        var key = RunKey()
        for place in (0..<length).reversed() {
            let shift = Word(codeBitCount * (RunKey.callLimit - 1 - place))
            let code = Int(truncatingIfNeeded: previous &>> shift) & (1 << codeBitCount - 1)
            // The sequence ends before.
            guard code != 0 else { return }
            key = key.preceded(by: tools[code])
        }
        levels[length - 1].append(CountedRun(key: key, count: count))
    }
}

extension Calls {
    /// Counts all runs that come often.
    ///
    /// - Parameters:
    ///   - minimumCount: What comes more seldom is left out, also of single tools.
    ///   - wordLimit: Bounds the memory; see ``RunCounter``.
    /// - Returns: By length less one, each level in the order of keys.
    func frequentRuns(minimumCount: Int, wordLimit: Int) -> [[CountedRun]] {
        var codeByTool = [UInt16](repeating: 0, count: Int(UInt16.max) + 1)
        var tools: [UInt16] = [0]
        for (tool, count) in toolCounts.enumerated() where count >= max(1, minimumCount) {
            codeByTool[tool] = UInt16(tools.count)
            tools.append(UInt16(tool))
        }
        let recoded = codes.map { codeByTool[Int($0)] }
        if tools.count <= 256 {
            return RunCounter<UInt64>(
                recoded, tools: tools, minimumCount: minimumCount, wordLimit: wordLimit
            ).levels
        }
        return RunCounter<UInt128>(
            recoded, tools: tools, minimumCount: minimumCount, wordLimit: wordLimit
        ).levels
    }
}
