package import TachoLog
package import TachoProjections

/// How the calls of each tool went, and how long they took.
package struct ToolOutcomes: Sendable {
    package struct Tool: Sendable {
        package fileprivate(set) var name: String?
        package fileprivate(set) var callCount = 0
        package fileprivate(set) var failedCount = 0
        package fileprivate(set) var deniedCount = 0
        package fileprivate(set) var interruptedCount = 0
        /// Seconds, of those whose duration is known.
        package fileprivate(set) var seconds: [Double] = []
        /// When the first and the last of its calls began.
        package fileprivate(set) var first: Timestamp?
        package fileprivate(set) var last: Timestamp?
        /// Numbers of the sessions that called it.
        fileprivate var sessions: Set<Int> = []
        package var sessionCount: Int { sessions.count }
        /// When the newest of the failed calls began, and with what it failed.
        package fileprivate(set) var lastFailure: Timestamp?
        package fileprivate(set) var lastError: String?
    }

    package private(set) var tools: [Tool] = []

    /// What has to be opened of `tool_calls`.
    package static let columns = [
        "tool_name", "status", "duration_ms", "called_at", "completed_at", "error_message",
        "session_id",
    ]

    /// - Parameters:
    ///   - calls: The table `tool_calls`.
    ///   - session: Only calls of sessions whose ids begin so; `nil` is all.
    ///   - isWanted: Whether calls of a moment count: that of their beginning, else of their end.
    package init(
        _ calls: Table, session: String? = nil, where isWanted: (Timestamp?) -> Bool
    ) {
        typealias Column = ToolCallsProjector.Column
        let names = calls.textNumbers(of: Column.toolName)
        let sessions = calls.textNumbers(of: Column.sessionID)
        var isSessionWanted = [Bool?](
            repeating: session == nil ? true : nil, count: sessions.largest + 1)
        isSessionWanted[0] = session == nil
        var placeByName = [Int?](repeating: nil, count: names.largest + 1)
        for row in 0..<calls.rowCount {
            let moment =
                calls.timestamp(Column.calledAt, row) ?? calls.timestamp(Column.completedAt, row)
            guard isWanted(moment) else { continue }
            if isSessionWanted[sessions[row]] == nil, let session {
                let id = calls.text(Column.sessionID, row)?.description
                isSessionWanted[sessions[row]] = id?.hasPrefix(session)
            }
            guard isSessionWanted[sessions[row]] == true else { continue }
            let place = placeByName[names[row]] ?? tools.count
            if place == tools.count {
                placeByName[names[row]] = place
                tools.append(Tool(name: calls.text(Column.toolName, row)?.description))
            }
            tools[place].callCount += 1
            if sessions[row] != 0 { tools[place].sessions.insert(sessions[row]) }
            if let moment {
                tools[place].first = min(tools[place].first ?? moment, moment)
                tools[place].last = max(tools[place].last ?? moment, moment)
            }
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

    /// The same with the tools of an MCP server as one, by its name, and all others as `built-in`.
    package var servers: [Tool] {
        var servers: [Tool] = []
        var placeByName: [String: Int] = [:]
        for tool in tools {
            let name = tool.name.flatMap { Self.server(of: $0) } ?? "built-in"
            if let place = placeByName[name] {
                servers[place].add(tool)
            } else {
                placeByName[name] = servers.count
                servers.append(tool)
                servers[servers.count - 1].name = name
            }
        }
        return servers
    }

    /// `github` of `mcp__github__create_issue`.
    private static func server(of tool: String) -> String? {
        guard tool.hasPrefix("mcp__") else { return nil }
        let rest = tool.dropFirst(5)
        let end = rest.firstRange(of: "__")?.lowerBound ?? rest.endIndex
        return rest[..<end].isEmpty ? nil : String(rest[..<end])
    }
}

extension ToolOutcomes.Tool {
    fileprivate mutating func add(_ other: ToolOutcomes.Tool) {
        callCount += other.callCount
        failedCount += other.failedCount
        deniedCount += other.deniedCount
        interruptedCount += other.interruptedCount
        seconds += other.seconds
        sessions.formUnion(other.sessions)
        first = [first, other.first].compactMap(\.self).min()
        last = [last, other.last].compactMap(\.self).max()
        guard let failure = other.lastFailure, lastFailure.map({ $0 < failure }) ?? true else {
            return
        }
        lastFailure = failure
        lastError = other.lastError
    }
}
