package import TachoLog
package import TachoProjections

/// How the calls of each tool went, and how long they took.
package struct ToolOutcomes: Sendable {
    package struct Tool: Sendable {
        package let name: String?
        package fileprivate(set) var callCount = 0
        package fileprivate(set) var failedCount = 0
        package fileprivate(set) var deniedCount = 0
        package fileprivate(set) var interruptedCount = 0
        /// Seconds, of those whose duration is known.
        package fileprivate(set) var seconds: [Double] = []
        /// When the newest of the failed calls began, and with what it failed.
        package fileprivate(set) var lastFailure: Timestamp?
        package fileprivate(set) var lastError: String?
    }

    package private(set) var tools: [Tool] = []

    /// What has to be opened of `tool_calls`.
    package static let columns = [
        "tool_name", "status", "duration_ms", "called_at", "completed_at", "error_message",
    ]

    /// - Parameters:
    ///   - calls: The table `tool_calls`.
    ///   - isWanted: Whether calls of a moment count: that of their beginning, else of their end.
    package init(_ calls: Table, where isWanted: (Timestamp?) -> Bool) {
        typealias Column = ToolCallsProjector.Column
        let names = calls.textNumbers(of: Column.toolName)
        var placeByName = [Int?](repeating: nil, count: names.largest + 1)
        for row in 0..<calls.rowCount {
            let moment =
                calls.timestamp(Column.calledAt, row) ?? calls.timestamp(Column.completedAt, row)
            guard isWanted(moment) else { continue }
            let place = placeByName[names[row]] ?? tools.count
            if place == tools.count {
                placeByName[names[row]] = place
                tools.append(Tool(name: calls.text(Column.toolName, row)?.description))
            }
            tools[place].callCount += 1
            if let milliseconds = calls.integer(Column.durationMs, row) {
                tools[place].seconds.append(Double(milliseconds) / 1000)
            }
            if calls.text(Column.status, row, equals: "denied") { tools[place].deniedCount += 1 }
            if calls.text(Column.status, row, equals: "interrupted") {
                tools[place].interruptedCount += 1
            }
            guard calls.text(Column.status, row, equals: "failed") else { continue }
            tools[place].failedCount += 1
            if let last = tools[place].lastFailure, moment.map({ $0 < last }) ?? true { continue }
            tools[place].lastFailure = moment
            tools[place].lastError = calls.text(Column.errorMessage, row)?.description
        }
    }
}
