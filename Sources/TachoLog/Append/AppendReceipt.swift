/// What became of one event of an append.
public enum AppendOutcome: Hashable, Sendable {
    case appended(Position)
    /// The same event was there already, at this position. Nothing was written.
    case duplicate(Position)
    /// Another event with this id is there, at this position. Nothing was written for this one.
    case conflict(Position)
}

/// The acknowledgement of an append.
public struct AppendReceipt: Hashable, Sendable {
    /// One for each event, in their order.
    public let outcomes: [AppendOutcome]
    /// Of the log after this append.
    public let lastPosition: Position
    /// Up to here everything is on the disk.
    public let durablePosition: Position

    /// Whether everything appended here is on the disk.
    public var isDurable: Bool { durablePosition >= lastPosition }
}
