/// An event's number in the whole log: 1, 2, 3, … without holes.
///
/// `zero` stands before the first event; it is the checkpoint of a fold that has read nothing.
public struct Position: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    @inlinable
    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public static let zero = Position(0)
    public static let first = Position(1)

    /// The last that a file is believed to have: far above what a log comes to, and far enough below
    /// what can be counted to go on from.
    @inlinable
    public static var largest: Position { Position(1 << 60 - 1) }

    @inlinable
    public var next: Position { Position(rawValue + 1) }

    /// The position before; `zero` has none before it and stays.
    @inlinable
    public var previous: Position { Position(rawValue == 0 ? 0 : rawValue - 1) }

    @inlinable
    public static func < (left: Position, right: Position) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The position `count` events later.
    @inlinable
    public static func + (position: Position, count: Int) -> Position {
        Position(UInt64(Int64(position.rawValue) + Int64(count)))
    }
}

extension Position: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
