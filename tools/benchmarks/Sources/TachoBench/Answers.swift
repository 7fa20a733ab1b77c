import TachoLog

/// The three answers of the replay benchmark, folded from records in any number of parts.
///
/// - For each stream: events, the sum of `duration_ms` of its tool calls, the sum of
///   `tokens_used` of its phases, and the last `phase_status`.
/// - For each tool: calls, and the 95th percentile of `duration_ms` (nearest rank).
/// - For each type: events.
///
/// `duration_ms` and `tool_name` are taken from `hook.PostToolUse`, the others from `phase.*`;
/// the peer's queries say the same. Data of other types is not looked at.
struct Answers: Sendable {
    struct Stream: Sendable {
        var events = 0
        var milliseconds = 0
        var tokens = 0
        var status: [UInt8] = []
        var statusPosition = Position.zero
    }

    let onlyStreams: Bool
    private var streams = TextTable<Stream>()
    private var tools = TextTable<[UInt32]>()
    private var types = TextTable<Int>()

    init(onlyStreams: Bool) {
        self.onlyStreams = onlyStreams
    }

    mutating func fold(_ batch: RecordBatch) throws {
        try batch.forEachRecord { record in
            if !onlyStreams { types.update(record.type, orInsert: 0) { $0 += 1 } }
            if record.type.equals("hook.PostToolUse") {
                foldCall(record)
            } else if record.type.hasPrefix("phase.") {
                foldPhase(record)
            } else {
                streams.update(record.stream, orInsert: Stream()) { $0.events += 1 }
            }
            return true
        }
    }

    private mutating func foldCall(_ record: RecordView) {
        var tool: UnsafeRawBufferPointer?
        var milliseconds: Int?
        if var scanner = DataScanner(record.data) {
            scanner.forEachMember { key, value in
                if key.equals("tool_name") {
                    tool = value.unquoted
                } else if key.equals("duration_ms") {
                    milliseconds = value.wholeNumber
                }
                return tool == nil || milliseconds == nil
            }
        }
        streams.update(record.stream, orInsert: Stream()) { stream in
            stream.events += 1
            stream.milliseconds += milliseconds ?? 0
        }
        guard !onlyStreams, let tool, let milliseconds else { return }
        let duration = UInt32(clamping: milliseconds)
        tools.update(tool, orInsert: []) { $0.append(duration) }
    }

    private mutating func foldPhase(_ record: RecordView) {
        var status: UnsafeRawBufferPointer?
        var tokens: Int?
        if var scanner = DataScanner(record.data) {
            scanner.forEachMember { key, value in
                if key.equals("phase_status") {
                    status = value.unquoted
                } else if key.equals("tokens_used") {
                    tokens = value.wholeNumber
                }
                return status == nil || tokens == nil
            }
        }
        streams.update(record.stream, orInsert: Stream()) { stream in
            stream.events += 1
            stream.tokens += tokens ?? 0
            if let status {
                stream.status = Array(status)
                stream.statusPosition = record.position
            }
        }
    }

    mutating func merge(_ other: Answers) {
        other.streams.forEach { key, value in
            key.withUnsafeBytes { key in
                streams.update(key, orInsert: Stream()) { stream in
                    stream.events += value.events
                    stream.milliseconds += value.milliseconds
                    stream.tokens += value.tokens
                    if value.statusPosition > stream.statusPosition {
                        stream.status = value.status
                        stream.statusPosition = value.statusPosition
                    }
                }
            }
        }
        other.tools.forEach { key, value in
            key.withUnsafeBytes { key in
                tools.update(key, orInsert: []) { $0.append(contentsOf: value) }
            }
        }
        other.types.forEach { key, value in
            key.withUnsafeBytes { key in types.update(key, orInsert: 0) { $0 += value } }
        }
    }

    /// One line for each row, tab-separated; the reader sorts them.
    func lines() -> [String] {
        var lines: [String] = []
        streams.forEach { key, value in
            let status = value.status.isEmpty ? "-" : String(decoding: value.status, as: UTF8.self)
            lines.append(
                "stream\t\(String(decoding: key, as: UTF8.self))\t\(value.events)"
                    + "\t\(value.milliseconds)\t\(value.tokens)\t\(status)")
        }
        tools.forEach { key, value in
            var durations = value
            let rank = durations.selectNearestRank(percent: 95)
            lines.append(
                "tool\t\(String(decoding: key, as: UTF8.self))\t\(durations.count)\t\(rank)")
        }
        types.forEach { key, value in
            lines.append("type\t\(String(decoding: key, as: UTF8.self))\t\(value)")
        }
        return lines
    }
}

extension [UInt32] {
    /// The smallest element that is at least as great as `percent` of all; reorders the array.
    ///
    /// Selection and not sorting: a tenth of the time with a million values.
    fileprivate mutating func selectNearestRank(percent: Int) -> UInt32 {
        guard !isEmpty else { return 0 }
        let rank = Swift.max(1, (count * percent + 99) / 100) - 1
        var low = 0
        var high = count - 1
        while low < high {
            let pivot = self[low + (high - low) / 2]
            var left = low
            var right = high
            while left <= right {
                while self[left] < pivot { left += 1 }
                while self[right] > pivot { right -= 1 }
                if left <= right {
                    swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                break
            }
        }
        return self[rank]
    }
}
