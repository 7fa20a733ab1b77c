package import TachoLog

/// What a policy of some types would let go of now.
package struct TypedExpiryPlan: Sendable {
    /// Events of the types in one sealed segment.
    package struct Share: Equatable, Sendable {
        package let segment: SegmentSummary
        package var eventCount = 0
        /// Of their lines.
        package var rawByteCount = 0
        package let first: Position
        package var last: Position
        package var lastRecorded: Timestamp
    }

    package let policy: ExpiryPolicy
    /// In order of position; these segments are written anew.
    package private(set) var shares: [Share] = []
    /// Where the tables would be kept; `nil` if nothing would go.
    package private(set) var through: Position?
    /// Of the last event there.
    package private(set) var recorded = Timestamp(microseconds: 0)
    /// The chain's head there.
    package private(set) var chain = Digest256.zero

    package var first: Position? { shares.first?.first }
    package var last: Position? { shares.last?.last }
    package var eventCount: Int { shares.reduce(0) { $0 + $1.eventCount } }
    package var rawByteCount: Int { shares.reduce(0) { $0 + $1.rawByteCount } }

    private struct Found {
        let position: Position
        let byteCount: Int
        let recorded: Timestamp
    }

    /// - Parameters:
    ///   - policy: Of some types.
    ///   - reader: Of the log.
    ///   - now: By the store's clock.
    /// - Throws: ``LogError`` `.damaged` if such events cannot be read; `.archived` if they are in an
    ///   archive.
    /// - Complexity: O(events of the types), 32 bytes of memory for each; of those that are too
    ///   young, only with a limit of bytes.
    package init(
        _ policy: ExpiryPolicy, in reader: LogReader, now: Timestamp
    ) throws(LogError) {
        self.policy = policy
        let front = try reader.front().filter { $0.segment.last >= reader.firstPosition }
        let oldest = policy.seconds.map {
            Timestamp(microseconds: now.microseconds - $0 * 1_000_000)
        }
        let found = try Self.events(
            policy.types, in: reader, through: policy.byteCount == nil ? oldest : nil)
        let end = front.last?.segment.last ?? .zero
        var left = found.reduce(0) { $0 + $1.byteCount }
        var selected = found[...].prefix(0)
        for event in found {
            let isOld = oldest.map { event.recorded < $0 } ?? false
            guard event.position <= end, isOld || policy.byteCount.map({ left > $0 }) ?? false
            else { break }
            left -= event.byteCount
            selected = found[..<(selected.endIndex + 1)]
        }
        guard let last = selected.last else { return }
        try divide(selected, among: front)
        guard let cut = front.first(where: { $0.segment.last >= last.position }) else { return }
        (through, recorded, chain) = (cut.segment.last, cut.lastRecorded, cut.chain)
        // Of a moment before another cut there is no state any more that could be kept.
        for other in reader.expiries.ofTypes where other.through > cut.segment.last {
            guard other.through > through ?? .zero else { continue }
            (through, recorded, chain) = (other.through, other.recorded, other.chain)
        }
    }

    private static func events(
        _ types: [TypePattern], in reader: LogReader, through moment: Timestamp?
    ) throws(LogError) -> [Found] {
        var filter = RecordFilter(types: types, recordedThrough: moment)
        filter.passesExpired = true
        var found = [Found]()
        try LogError.unifying {
            try reader.forEachBatch(matching: filter) { batch in
                try batch.forEachRecord { record in
                    guard !record.type.starts(with: "tacho.".utf8) else { return true }
                    found.append(
                        Found(
                            position: record.position, byteCount: record.line.count,
                            recorded: record.recorded))
                    return true
                }
                return true
            }
        }
        return found
    }

    private mutating func divide(
        _ events: ArraySlice<Found>, among front: [LogReader.Front]
    ) throws(LogError) {
        var index = 0
        for event in events {
            while front[index].segment.last < event.position { index += 1 }
            let segment = front[index].segment
            if shares.last?.segment != segment {
                shares.append(
                    Share(
                        segment: segment, first: event.position, last: event.position,
                        lastRecorded: event.recorded))
            }
            shares[shares.count - 1].eventCount += 1
            shares[shares.count - 1].rawByteCount += event.byteCount
            shares[shares.count - 1].last = event.position
            shares[shares.count - 1].lastRecorded = event.recorded
        }
        if let archived = SegmentSummary.thawFirst(shares.map(\.segment)) { throw archived }
    }
}
