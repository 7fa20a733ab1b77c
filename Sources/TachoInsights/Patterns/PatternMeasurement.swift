package import TachoLog
package import TachoProjections

/// What a pattern's work cost before and after its tool, and what other work did meanwhile.
///
/// Work is a workflow (its row's cost and duration), or a session where the pattern was seen in one
/// (what its messages cost). It is before or after by its start; work whose cost or start is unknown
/// is left out. Work of another pattern of the same type is similar and untouched; where there is too
/// little of that, all other work is.
package struct PatternMeasurement: Sendable {
    package struct Work: Sendable {
        package let id: String
        package let started: Timestamp
        /// Pico-dollars.
        package let cost: Int64?
        package let seconds: Double?
        /// `nil` is unknown.
        package let hasSucceeded: Bool?

        package init(
            id: String, started: Timestamp, cost: Int64?, seconds: Double?,
            hasSucceeded: Bool? = nil
        ) {
            self.id = id
            self.started = started
            self.cost = cost
            self.seconds = seconds
            self.hasSucceeded = hasSucceeded
        }
    }

    /// Dollars a piece of work.
    package let cost: SavingsMeasurement
    /// Seconds a piece of work.
    package let time: SavingsMeasurement
    package let beforeCount: Int
    package let afterCount: Int
    package let untouchedCount: Int

    /// What a piece of work saves, in percent of what it cost before: 0 where neither a saving nor a
    /// loss is proven, `nil` with too few to measure.
    package var returnPercent: Double? {
        guard let saving = cost.saving, let before = cost.meanBefore else { return nil }
        switch cost.verdict {
        case .proven, .loss: return before > 0 ? saving / before * 100 : 0
        case .notProven, .tooFew: return 0
        }
    }

    /// - Parameters:
    ///   - touched: Ids of the work that showed the pattern.
    ///   - similar: Ids of work of the same type that did not.
    ///   - work: All of it.
    ///   - implemented: When the tool came.
    package init(
        touched: Set<String>, similar: Set<String>, work: [Work], implemented: Timestamp
    ) {
        let mine = work.filter { touched.contains($0.id) }
        let alike = work.filter { similar.contains($0.id) && !touched.contains($0.id) }
        let others = work.filter { !touched.contains($0.id) }
        func isEnough(_ work: [Work]) -> Bool {
            let before = work.count { $0.started < implemented && $0.cost != nil }
            let after = work.count { $0.started >= implemented && $0.cost != nil }
            return min(before, after) >= SavingsMeasurement.minimumCount
        }
        let untouched = isEnough(alike) ? alike : others
        beforeCount = mine.count { $0.started < implemented }
        afterCount = mine.count - beforeCount
        untouchedCount = untouched.count
        func measure(_ value: (Work) -> Double?) -> SavingsMeasurement {
            func values(_ work: [Work], isAfter: Bool) -> [Double] {
                work.filter { ($0.started >= implemented) == isAfter }.compactMap(value)
            }
            return SavingsMeasurement(
                before: values(mine, isAfter: false), after: values(mine, isAfter: true),
                untouchedBefore: values(untouched, isAfter: false),
                untouchedAfter: values(untouched, isAfter: true))
        }
        cost = measure { $0.cost.map { Double($0) / 1e12 } }
        time = measure(\.seconds)
    }

    /// Workflows, and sessions that belong to none.
    package static func work(
        history: Table, usages: [ModelUsage], prices book: PriceBook, sessions: Table
    ) -> [Work] {
        typealias Column = WorkflowHistoryProjector.Column
        var work: [Work] = []
        for row in 0..<history.rowCount {
            guard let id = history.text(Column.adwID, row),
                let start = history.timestamp(Column.startTime, row)
                    ?? history.timestamp(Column.createdAt, row)
            else { continue }
            work.append(
                Work(
                    id: id.description, started: start,
                    cost: history.money(Column.reportedCostTotal, row)
                        ?? history.money(Column.actualCostTotal, row),
                    seconds: history.integer(Column.durationSeconds, row).map { Double($0) },
                    hasSucceeded: history.text(Column.status, row, equals: "completed")
                        ? true : history.text(Column.status, row, equals: "failed") ? false : nil))
        }
        let known = Set(work.map(\.id))
        let costs = CostReport(
            usages.filter { $0.workflow == nil }, by: .session, prices: .tacho(book))
        var first: [String: Timestamp] = [:]
        var last: [String: Timestamp] = [:]
        for usage in usages {
            guard let session = usage.session?.description, let moment = usage.occurred else {
                continue
            }
            first[session] = min(first[session] ?? moment, moment)
            last[session] = max(last[session] ?? moment, moment)
        }
        for group in costs.groups {
            guard let id = group.key?.description, !known.contains(id), let start = first[id],
                let end = last[id]
            else { continue }
            work.append(
                Work(
                    id: id, started: start,
                    cost: group.sum.unpricedCount == 0 ? Int64(clamping: group.sum.cost) : nil,
                    seconds: Double(end.microseconds - start.microseconds) / 1e6))
        }
        return work
    }
}
