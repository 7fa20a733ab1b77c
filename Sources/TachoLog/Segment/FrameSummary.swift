/// What the index says about the lines of one frame: enough to tell that none of them is wanted.
struct FrameSummary: Equatable, Sendable {
    struct TypeCount: Equatable, Sendable {
        let type: ByteString
        let count: Int
    }

    let count: Int
    let firstPosition: Position
    let lastPosition: Position
    let recorded: ClosedRange<Timestamp>
    /// The producers' times; `nil` if no record has one.
    let times: ClosedRange<Timestamp>?
    let timedCount: Int
    /// In the order in which the types first appear.
    let types: [TypeCount]
    let streamCount: Int
    /// In the order in which they first appear; empty if there are too many to list.
    let streams: [ByteString]
    /// Empty if the streams are listed.
    let streamBloom: [UInt8]
    let idBloom: [UInt8]
    /// The chain after the last line.
    let chainAfter: Digest256
}

/// Makes the summary of a frame record by record.
///
/// The writer makes one from what it is given, the deep check another from what it has read.
struct FrameSummaryBuilder {
    private(set) var count = 0
    private var firstPosition = Position.zero
    private var lastPosition = Position.zero
    private var recorded: ClosedRange<Timestamp>?
    private var times: ClosedRange<Timestamp>?
    private var timedCount = 0
    private var types = TextTable()
    private var typeCounts: [Int] = []
    private var streams = TextTable()
    private var idHashes: [UInt64] = []

    mutating func add(_ record: RecordView) {
        if count == 0 { firstPosition = record.position }
        lastPosition = record.position
        count += 1
        recorded = FrameSummaryBuilder.extend(recorded, to: record.recorded)
        if let time = record.time {
            times = FrameSummaryBuilder.extend(times, to: time)
            timedCount += 1
        }
        let type = types.index(of: record.type, hash: BloomFilter.hash(record.type))
        if type == typeCounts.count {
            typeCounts.append(1)
        } else {
            typeCounts[type] += 1
        }
        _ = streams.index(of: record.stream, hash: BloomFilter.hash(record.stream))
        idHashes.append(BloomFilter.hash(record.id))
    }

    /// The summary of the records since the last call; the builder is then empty again.
    ///
    /// - Returns: `nil` if there were none.
    mutating func finish(chainAfter: Digest256) -> FrameSummary? {
        guard let recorded else { return nil }
        let areStreamsListed = streams.count <= SegmentFormat.listedStreamLimit
        let summary = FrameSummary(
            count: count, firstPosition: firstPosition, lastPosition: lastPosition,
            recorded: recorded, times: times, timedCount: timedCount,
            types: zip(types.texts, typeCounts).map { .init(type: $0, count: $1) },
            streamCount: streams.count,
            streams: areStreamsListed ? streams.texts : [],
            streamBloom: areStreamsListed ? [] : BloomFilter.make(streams.hashes),
            idBloom: BloomFilter.make(idHashes), chainAfter: chainAfter)
        count = 0
        self.recorded = nil
        times = nil
        timedCount = 0
        types.removeAll()
        typeCounts.removeAll(keepingCapacity: true)
        streams.removeAll()
        idHashes.removeAll(keepingCapacity: true)
        return summary
    }

    private static func extend(
        _ range: ClosedRange<Timestamp>?, to moment: Timestamp
    ) -> ClosedRange<Timestamp> {
        guard let range else { return moment...moment }
        return min(range.lowerBound, moment)...max(range.upperBound, moment)
    }
}
