package import TachoLog

extension ColumnSet {
    /// What sealed segments carry as columns: what questions about all of a history are about.
    ///
    /// Stream and type of every event; of calls the tool and how long it took; of phases their
    /// status, tokens, and cost. About 3.5 bytes an event. Moments would be another 2, as many as
    /// every answer about time of day is worth: they stay in the lines.
    package static let events = ColumnSet([
        .stream, .type, .text("tool_name"), .number("duration_ms"), .text("phase_status"),
        .number("tokens_used"), .number(digits: 12, "cost_usd"),
    ])
}

extension LogOptions {
    /// A writer's usual ways, and segments that it seals carry the columns of events.
    package static var events: LogOptions {
        var options = LogOptions()
        options.columns = .events
        return options
    }
}
