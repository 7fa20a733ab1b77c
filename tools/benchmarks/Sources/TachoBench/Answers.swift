import TachoJSON
import TachoLog

/// The three answers of the replay benchmark, folded from lines or from columns, in any number of
/// parts.
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
        /// A number of `statuses`, or −1.
        var status = -1
        var statusPosition = Position.zero
    }

    private enum Role: Sendable {
        case call
        case phase
        case other
    }

    /// A call in a block, with its tool's code; 0 if it names none.
    private struct Call {
        let tool: Int
        let milliseconds: UInt32
    }

    let onlyStreams: Bool
    private var streamNumbers = TextNumbers()
    private var streams: [Stream] = []
    private var toolNumbers = TextNumbers()
    private var durations: [[UInt32]] = []
    private var typeNumbers = TextNumbers()
    private var types: [(role: Role, events: Int)] = []
    private var statuses = TextNumbers()

    init(onlyStreams: Bool) {
        self.onlyStreams = onlyStreams
    }

    // MARK: - Numbers of texts

    @inline(__always)
    private mutating func stream(_ text: UnsafeRawBufferPointer) -> Int {
        let number = streamNumbers.number(of: text)
        if number == streams.count { streams.append(Stream()) }
        return number
    }

    @inline(__always)
    private mutating func tool(_ text: UnsafeRawBufferPointer) -> Int {
        let number = toolNumbers.number(of: text)
        if number == durations.count { durations.append([]) }
        return number
    }

    @inline(__always)
    private mutating func type(_ text: UnsafeRawBufferPointer) -> Int {
        let number = typeNumbers.number(of: text)
        if number == types.count { types.append((Self.role(of: text), 0)) }
        return number
    }

    private static func role(of type: UnsafeRawBufferPointer) -> Role {
        if type.elementsEqual("hook.PostToolUse".utf8) { return .call }
        return type.starts(with: "phase.".utf8) ? .phase : .other
    }

    // MARK: - From lines

    private static let callFields = JSONFields(["tool_name", "duration_ms"])
    private static let phaseFields = JSONFields(["phase_status", "tokens_used"])

    mutating func fold(_ lines: UnsafeRawBufferPointer) throws(LogError) {
        let (callFields, phaseFields) = (Self.callFields, Self.phaseFields)
        var scanner = LineScanner(lines)
        while try scanner.next() {
            let stream = self.stream(scanner.stream)
            let type = self.type(scanner.type)
            types[type].events &+= 1
            streams[stream].events &+= 1
            switch types[type].role {
            case .call:
                var name: UnsafeRawBufferPointer?
                var milliseconds: Int64?
                callFields.forEach(in: scanner.data) { index, value in
                    if index == 0 {
                        name = value.plainText
                    } else {
                        milliseconds = value.wholeNumber
                    }
                }
                guard let milliseconds else { continue }
                streams[stream].milliseconds &+= Int(milliseconds)
                guard !onlyStreams, let name else { continue }
                durations[tool(name)].append(UInt32(clamping: milliseconds))
            case .phase:
                var status: UnsafeRawBufferPointer?
                var tokens: Int64?
                phaseFields.forEach(in: scanner.data) { index, value in
                    if index == 0 {
                        status = value.plainText
                    } else {
                        tokens = value.wholeNumber
                    }
                }
                streams[stream].tokens &+= Int(tokens ?? 0)
                guard let status else { continue }
                set(statuses.number(of: status), at: scanner.position, of: stream)
            case .other:
                break
            }
        }
    }

    @inline(__always)
    private mutating func set(_ status: Int, at position: Position, of stream: Int) {
        // Threads take frames out of order.
        guard position > streams[stream].statusPosition else { return }
        streams[stream].status = status
        streams[stream].statusPosition = position
    }

    // MARK: - From columns

    /// What the answers need, in the order in which ``fold(_:)-(ColumnBlock)`` asks for it.
    static let columns: [ColumnSet.Column] = [
        .stream, .type, .text("tool_name"), .number("duration_ms"), .text("phase_status"),
        .number("tokens_used"),
    ]

    /// What segments are sealed with: the same that `tacho` declares.
    static let declared = ColumnSet(columns + [.number(digits: 12, "cost_usd")])

    mutating func fold(_ block: ColumnBlock) {
        let streamOfCode = [0] + (0..<block.textCount(0)).map { stream(block.text(0, $0)) }
        let typeOfCode = [0] + (0..<block.textCount(1)).map { type(block.text(1, $0)) }
        let roleOfCode: [Role] = [.other] + typeOfCode.dropFirst().map { types[$0].role }
        let (streamCodes, typeCodes) = (block.codes(0), block.codes(1))
        count(streamCodes, typeCodes, streamOfCode, typeOfCode)
        if !block.isAbsent(3) {
            addCalls(block, streamOfCode, roleOfCode.map { $0 == .call })
        }
        block.forEachNumber(5) { row, tokens in
            guard roleOfCode[Int(typeCodes[row])] == .phase else { return }
            streams[streamOfCode[Int(streamCodes[row])]].tokens &+= Int(tokens)
        }
        guard !block.isAbsent(4) else { return }
        let statusOfCode =
            [-1] + (0..<block.textCount(4)).map { statuses.number(of: block.text(4, $0)) }
        let statusCodes = block.codes(4)
        for row in 0..<block.rowCount where statusCodes[row] != 0 {
            guard roleOfCode[Int(typeCodes[row])] == .phase else { continue }
            let position = Position(block.firstPosition.rawValue + UInt64(row))
            set(
                statusOfCode[Int(statusCodes[row])], at: position,
                of: streamOfCode[Int(streamCodes[row])])
        }
    }

    /// Adds the durations of a block up by its codes first, as ``count`` does.
    private mutating func addCalls(
        _ block: ColumnBlock, _ streamOfCode: [Int], _ isCall: [Bool]
    ) {
        let toolOfCode = [-1] + (0..<block.textCount(2)).map { tool(block.text(2, $0)) }
        let (streamCodes, typeCodes, toolCodes) = (block.codes(0), block.codes(1), block.codes(2))
        var sums = [Int](repeating: 0, count: streamOfCode.count)
        withUnsafeTemporaryAllocation(of: Call.self, capacity: block.rowCount) { calls in
            var count = 0
            isCall.withUnsafeBufferPointer { isCall in
                sums.withUnsafeMutableBufferPointer { sums in
                    block.forEachNumber(3) { row, milliseconds in
                        guard isCall[Int(typeCodes[row])] else { return }
                        sums[Int(streamCodes[row])] &+= Int(milliseconds)
                        calls[count] = Call(
                            tool: Int(toolCodes[row]), milliseconds: UInt32(clamping: milliseconds))
                        count &+= 1
                    }
                }
            }
            if !onlyStreams { addDurations(calls[..<count], toolOfCode) }
        }
        for (code, stream) in streamOfCode.enumerated().dropFirst() {
            streams[stream].milliseconds &+= sums[code]
        }
    }

    /// Appends to each tool's durations once.
    private mutating func addDurations(
        _ calls: Slice<UnsafeMutableBufferPointer<Call>>, _ toolOfCode: [Int]
    ) {
        var ends = [Int](repeating: 0, count: toolOfCode.count + 1)
        for call in calls { ends[call.tool + 1] += 1 }
        for code in toolOfCode.indices { ends[code + 1] += ends[code] }
        let starts = ends
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: calls.count) { sorted in
            for call in calls {
                sorted[ends[call.tool]] = call.milliseconds
                ends[call.tool] &+= 1
            }
            for (code, tool) in toolOfCode.enumerated() where tool >= 0 {
                durations[tool].append(contentsOf: sorted[starts[code]..<starts[code + 1]])
            }
        }
    }

    /// Counts the codes of a block first, so that the loop over rows touches nothing else.
    private mutating func count(
        _ streamCodes: UnsafeBufferPointer<UInt16>, _ typeCodes: UnsafeBufferPointer<UInt16>,
        _ streamOfCode: [Int], _ typeOfCode: [Int]
    ) {
        var streamCounts = [UInt32](repeating: 0, count: streamOfCode.count)
        var typeCounts = [UInt32](repeating: 0, count: typeOfCode.count)
        streamCounts.withUnsafeMutableBufferPointer { streamCounts in
            for code in streamCodes { streamCounts[Int(code)] &+= 1 }
        }
        typeCounts.withUnsafeMutableBufferPointer { typeCounts in
            for code in typeCodes { typeCounts[Int(code)] &+= 1 }
        }
        for (code, stream) in streamOfCode.enumerated().dropFirst() {
            streams[stream].events += Int(streamCounts[code])
        }
        for (code, type) in typeOfCode.enumerated().dropFirst() {
            types[type].events += Int(typeCounts[code])
        }
    }

    // MARK: - Together

    /// A row of an answer, as it is printed: tab-separated, its kind first.
    enum Row {
        case stream(String, events: Int, milliseconds: Int, tokens: Int, status: String?)
        case tool(String, calls: Int, percentile: UInt32)
        case type(String, events: Int)

        var line: String {
            switch self {
            case .stream(let name, let events, let milliseconds, let tokens, let status):
                "stream\t\(name)\t\(events)\t\(milliseconds)\t\(tokens)\t\(status ?? "-")"
            case .tool(let name, let calls, let percentile):
                "tool\t\(name)\t\(calls)\t\(percentile)"
            case .type(let name, let events): "type\t\(name)\t\(events)"
            }
        }
    }

    mutating func merge(_ other: Answers) {
        let statusOfNumber = (0..<other.statuses.count).map { number in
            other.statuses.withText(number) { statuses.number(of: $0) }
        }
        for (number, value) in other.streams.enumerated() {
            let stream = other.streamNumbers.withText(number) { self.stream($0) }
            streams[stream].events += value.events
            streams[stream].milliseconds += value.milliseconds
            streams[stream].tokens += value.tokens
            guard value.status >= 0 else { continue }
            set(statusOfNumber[value.status], at: value.statusPosition, of: stream)
        }
        for (number, values) in other.durations.enumerated() {
            let tool = other.toolNumbers.withText(number) { self.tool($0) }
            durations[tool].append(contentsOf: values)
        }
        for (number, value) in other.types.enumerated() {
            let type = other.typeNumbers.withText(number) { self.type($0) }
            types[type].events += value.events
        }
    }

    /// In no particular order.
    func rows() -> [Row] {
        let statusOfNumber = (0..<statuses.count).map { statuses.string($0) }
        var rows = streams.indices.map { number in
            let value = streams[number]
            return Row.stream(
                streamNumbers.string(number), events: value.events,
                milliseconds: value.milliseconds, tokens: value.tokens,
                status: value.status < 0 ? nil : statusOfNumber[value.status])
        }
        guard !onlyStreams else { return rows }
        for (number, values) in durations.enumerated() where !values.isEmpty {
            rows.append(
                .tool(
                    toolNumbers.string(number), calls: values.count,
                    percentile: values.nearestRank(percent: 95)))
        }
        for (number, value) in types.enumerated() {
            rows.append(.type(typeNumbers.string(number), events: value.events))
        }
        return rows
    }
}

extension [UInt32] {
    /// The smallest element that is at least as great as `percent` of all; 0 of none.
    ///
    /// In passes over bits from the top, 11 at a time: each counts what is left by them, and leaves
    /// those that share them with the element sought. Most are left out by the first.
    fileprivate func nearestRank(percent: Int) -> UInt32 {
        guard let greatest = self.max() else { return 0 }
        var rank = Swift.max(1, (count * percent + 99) / 100) - 1
        var values = self
        var unknownBits = UInt32.bitWidth - greatest.leadingZeroBitCount
        while unknownBits > 0 {
            let shift = UInt32(Swift.max(0, unknownBits - 11))
            let mask = UInt32(truncatingIfNeeded: (1 << unknownBits) - 1)
            var counts = [Int](repeating: 0, count: 1 << 11)
            for value in values { counts[Int((value & mask) &>> shift)] &+= 1 }
            var digit = 0
            while rank >= counts[digit] {
                rank -= counts[digit]
                digit += 1
            }
            values = values.filter { Int(($0 & mask) &>> shift) == digit }
            unknownBits = Int(shift)
        }
        return values[0]
    }
}
