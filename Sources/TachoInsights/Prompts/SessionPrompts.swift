package import TachoEvents
package import TachoLog
package import TachoProjections

/// What people asked agents for, and what was done for it until they asked for the next.
///
/// A call or an answer belongs to the last prompt of its session before it, by their moments; where
/// neither has one, by their order in the log.
package struct SessionPrompts: Sendable {
    package struct Prompt: Sendable {
        /// Of the event that told it first.
        package let position: Position
        package let occurred: Timestamp?
        package let session: ByteString
        package let words: PromptText
        package fileprivate(set) var callCount = 0
        package fileprivate(set) var failedCount = 0
        /// Answers of models, and what they took.
        package fileprivate(set) var usage = CostReport.Sum()
        /// When the last call or answer for it was.
        package fileprivate(set) var last: Timestamp?
    }

    /// In the order of their moments; those without one first.
    package private(set) var prompts: [Prompt] = []

    /// A text of a session that hooks and a transcript tell both counts once.
    private struct Told: Hashable {
        let session: ByteString
        let text: String
    }
    private struct Counts {
        var hooks = 0
        var records = 0
    }
    private var told: [Told: Counts] = [:]

    /// A session that begins with the history of another has its prompts with the moments they had.
    private struct Moment: Hashable {
        let microseconds: Int64
        let text: String
    }
    private var moments: Set<Moment> = []

    package init() {}

    /// Adds what an event asks for; other events are passed over.
    package mutating func take(_ event: Event, at position: Position) {
        guard let words = PromptText(event) else { return }
        let isHook = event.type.equals("hook.UserPromptSubmit")
        let session = event.promptSession
        if let text = words.text, isRepeated(text, of: session, event.time, isHook: isHook) {
            return
        }
        prompts.append(
            Prompt(position: position, occurred: event.time, session: session, words: words))
    }

    private mutating func isRepeated(
        _ text: String, of session: ByteString, _ time: Timestamp?, isHook: Bool
    ) -> Bool {
        if let time, !isHook {
            let moment = Moment(microseconds: time.microseconds, text: text)
            guard moments.insert(moment).inserted else { return true }
        }
        let key = Told(session: session, text: text)
        var counts = told[key] ?? Counts()
        defer { told[key] = counts }
        if isHook {
            counts.hooks += 1
            return counts.hooks <= counts.records
        }
        counts.records += 1
        return counts.records <= counts.hooks
    }

    /// What has to be opened of `tool_calls`.
    package static let callColumns = [
        "session_id", "status", "called_at", "completed_at", "created_position",
    ]

    /// A session's prompts, in their order.
    private struct Places {
        /// Those that have a moment.
        var timed: [Int] = []
        var untimed: [Int] = []
    }

    /// Says of each prompt what was done for it; after the last of them was taken.
    ///
    /// - Parameters:
    ///   - calls: The table `tool_calls`.
    ///   - usage: The table `model_usage`.
    ///   - sessions: The table `sessions`.
    ///   - book: What models cost.
    package mutating func attribute(
        calls: Table, usage: Table, sessions: Table, prices book: PriceBook
    ) {
        prompts.sort { left, right in
            let (one, other) = (left.occurred ?? .distantPast, right.occurred ?? .distantPast)
            return one == other ? left.position < right.position : one < other
        }
        var placesBySession: [ByteString: Places] = [:]
        for (place, prompt) in prompts.enumerated() {
            let list = prompt.occurred == nil ? \Places.untimed : \Places.timed
            placesBySession[prompt.session, default: Places()][keyPath: list].append(place)
        }
        attribute(calls, placesBySession)
        let prices = CostReport.Prices.tacho(book)
        ModelUsage.forEach(usage, sessions: sessions) { row in
            guard row.isCounted, let places = row.session.flatMap({ placesBySession[$0] }),
                let place = place(of: row.occurred, row.firstPosition, among: places)
            else { return }
            prompts[place].usage.add(row, prices)
            note(row.occurred, place)
        }
    }

    private mutating func attribute(_ calls: Table, _ placesBySession: [ByteString: Places]) {
        typealias Column = ToolCallsProjector.Column
        let names = calls.textNumbers(of: Column.sessionID)
        let statuses = calls.textNumbers(of: Column.status)
        let failed = statuses.number(of: "failed")
        var placesByNumber = [Places?](repeating: nil, count: names.largest + 1)
        for (session, places) in placesBySession {
            if let number = names.number(of: session) { placesByNumber[number] = places }
        }
        for row in 0..<calls.rowCount {
            guard let places = placesByNumber[names[row]] else { continue }
            let begun = calls.timestamp(Column.calledAt, row)
            let ended = calls.timestamp(Column.completedAt, row)
            let position = calls.integer(calls.schema.createdPositionColumn, row)
            guard let place = place(of: begun ?? ended, position, among: places) else { continue }
            prompts[place].callCount += 1
            if statuses[row] == failed { prompts[place].failedCount += 1 }
            note(ended ?? begun, place)
        }
    }

    /// The last prompt that is not behind a moment; without one, not behind a position.
    private func place(of moment: Timestamp?, _ position: Int64?, among places: Places) -> Int? {
        if let moment {
            return last(of: places.timed) { $0.occurred ?? .distantPast <= moment }
        }
        guard let position else { return nil }
        return last(of: places.untimed) { Int64(clamping: $0.position.rawValue) <= position }
    }

    /// Of prompts of which the first ones are, and the others are not.
    private func last(of places: [Int], where isBefore: (Prompt) -> Bool) -> Int? {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(prompts[places[middle]]) { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : places[low - 1]
    }

    private mutating func note(_ moment: Timestamp?, _ place: Int) {
        guard let moment else { return }
        prompts[place].last = max(prompts[place].last ?? moment, moment)
    }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(microseconds: .min)
}
