package import TachoLog

/// What a source has written, and when.
package struct SourceActivity: Hashable, Sendable {
    package var eventCount = 0
    /// By the producer's clock, else the store's.
    package var first: Timestamp?
    package var last: Timestamp?
    /// When the store took in the last of its events.
    package var lastRecorded: Timestamp?
    /// Days (UTC, counted from 1970) on which something happened.
    package private(set) var days: Set<Int64> = []

    package init() {}

    package mutating func add(_ record: RecordView) {
        let time = record.time ?? record.recorded
        eventCount += 1
        first = min(first ?? time, time)
        last = max(last ?? time, time)
        lastRecorded = max(lastRecorded ?? record.recorded, record.recorded)
        let day = time.microseconds / 86_400_000_000
        if !days.contains(day) { days.insert(day) }
    }

    /// Whole days in a row without an event, at most, between the first and the last event.
    package var longestGapDays: Int64 {
        let sorted = days.sorted()
        return zip(sorted, sorted.dropFirst()).map { $1 - $0 - 1 }.max() ?? 0
    }
}

/// The activity of all sources of a log, read in one pass.
package struct LogActivity: Sendable {
    package private(set) var bySource: [ByteString: SourceActivity] = [:]
    /// Streams that transcripts have written to: sessions that were imported.
    package private(set) var transcriptSessions: Set<ByteString> = []
    package private(set) var damage: [LogError] = []

    package static let transcriptSource: ByteString = "claude-code/transcript"

    /// - Complexity: O(events); no data is read.
    package init(_ reader: LogReader) throws {
        var damage: [LogError] = []
        // Events of a source come in rows: the dictionary is asked once for each.
        var source: ByteString = ""
        var activity = SourceActivity()
        var bySource: [ByteString: SourceActivity] = [:]
        var sessions: Set<ByteString> = []
        try reader.forEachBatch(onDamage: { damage.append($0) }) { batch in
            try batch.forEachRecord { record in
                if !record.source.elementsEqual(source.bytes) {
                    if activity.eventCount > 0 { bySource[source] = activity }
                    source = ByteString(record.source)
                    activity = bySource[source] ?? SourceActivity()
                }
                activity.add(record)
                if source == Self.transcriptSource { sessions.insert(ByteString(record.stream)) }
                return true
            }
            return true
        }
        if activity.eventCount > 0 { bySource[source] = activity }
        self.bySource = bySource
        transcriptSessions = sessions
        self.damage = damage
    }

    /// Names in the order of their bytes.
    package var sources: [(name: ByteString, activity: SourceActivity)] {
        bySource.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
