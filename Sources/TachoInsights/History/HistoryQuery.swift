package import TachoLog
import TachoProjections

/// A page of the history: filter, order, and cut.
///
/// Source: semantics §6.5, golden `history_query`.
package struct HistoryQuery: Sendable {
    package enum Search: Sendable {
        /// Somewhere in it, whatever the case.
        case literal(String)
        /// SQL's `LIKE '%…%'` with `%` and `_` as wildcards and an eye for case, which is what the
        /// reference does on PostgreSQL.
        case likeReference(String)
    }

    package enum Field: String, CaseIterable, Sendable {
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case startTime = "start_time"
        case endTime = "end_time"
        case durationSeconds = "duration_seconds"
        case status
        case id = "adw_id"
        case issueNumber = "issue_number"
        case cost = "actual_cost_total"
        case totalTokens = "total_tokens"
        case cacheEfficiencyPercent = "cache_efficiency_percent"
    }

    package var status: String?
    package var model: String?
    package var template: String?
    package var start: Timestamp?
    package var end: Timestamp?
    package var search: Search?
    package var field = Field.createdAt
    package var isAscending = false
    package var limit = 20
    package var offset = 0

    package init() {}

    /// The page, and how many rows pass the filter.
    ///
    /// Unknown values are the largest: first when descending. Equal ones stand in the order of
    /// their ids.
    package func page(of rows: [HistoryRow]) -> (rows: [HistoryRow], totalCount: Int) {
        let found = rows.filter(matches).map { (row: $0, key: SortKey($0, field)) }
        let ordered = found.sorted { left, right in
            if left.key == right.key { return left.row.id.utf8.precedes(right.row.id.utf8) }
            return (left.key < right.key) == isAscending
        }
        return (ordered.dropFirst(offset).prefix(limit).map(\.row), found.count)
    }

    private func matches(_ row: HistoryRow) -> Bool {
        if let status, row.status != status { return false }
        if let model, row.model != model { return false }
        if let template, row.template != template { return false }
        if let start, row.createdAt.map({ $0 < start }) ?? true { return false }
        if let end, row.createdAt.map({ $0 > end }) ?? true { return false }
        guard let search else { return true }
        return [row.id, row.input ?? "", row.githubURL ?? ""].contains { search.finds($0) }
    }
}

extension HistoryQuery.Search {
    fileprivate func finds(_ text: String) -> Bool {
        switch self {
        case .literal(let needle): SearchText(text).holds(needle.lowercased())
        case .likeReference(let pattern): Self.like(Array(text.unicodeScalars), "%\(pattern)%")
        }
    }

    /// Greedy with one point of return, as globs are matched: O(text × pattern).
    private static func like(_ text: [Unicode.Scalar], _ pattern: String) -> Bool {
        let pattern = Array(pattern.unicodeScalars)
        var (textIndex, patternIndex) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == "%" {
                patternIndex += 1
                retry = (patternIndex, textIndex)
            } else if patternIndex < pattern.count,
                pattern[patternIndex] == "_" || pattern[patternIndex] == text[textIndex]
            {
                patternIndex += 1
                textIndex += 1
            } else if let point = retry {
                retry = (point.pattern, point.text + 1)
                (patternIndex, textIndex) = (point.pattern, point.text + 1)
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == "%" }
    }
}

/// What rows are ordered by: a number or a text, and an unknown above both.
private enum SortKey: Comparable {
    case number(Double)
    case text(String)
    case unknown

    init(_ row: HistoryRow, _ field: HistoryQuery.Field) {
        func number(_ value: Double?) -> SortKey { value.map { .number($0) } ?? .unknown }
        func moment(_ value: Timestamp?) -> SortKey {
            number(value.map { Double($0.microseconds) })
        }
        self =
            switch field {
            case .createdAt: moment(row.createdAt)
            case .updatedAt: moment(row.updatedAt)
            case .startTime: moment(row.startedAt)
            case .endTime: moment(row.endedAt)
            case .durationSeconds: number(row.durationSeconds)
            case .status: row.status.map { .text($0) } ?? .unknown
            case .id: .text(row.id)
            case .issueNumber: number(row.issueNumber.map { Double($0) })
            case .cost: number(row.cost)
            case .totalTokens: number(row.totalTokens)
            case .cacheEfficiencyPercent: number(row.cacheEfficiencyPercent)
            }
    }

    static func < (left: SortKey, right: SortKey) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right
        case (.text(let left), .text(let right)): left.utf8.precedes(right.utf8)
        case (.number, _), (.text, .unknown): true
        default: false
        }
    }
}

extension String.UTF8View {
    /// Whether these bytes stand before those.
    func precedes(_ other: String.UTF8View) -> Bool { lexicographicallyPrecedes(other) }
}
