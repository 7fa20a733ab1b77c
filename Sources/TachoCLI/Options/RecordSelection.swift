import ArgumentParser
import TachoLog

/// Which records of the log.
struct RecordSelection: ParsableArguments {
    @Option(name: .customLong("stream"), help: "Only this workflow or session (repeatable).")
    var streams: [String] = []

    @Option(
        name: .customLong("type"),
        help: ArgumentHelp(
            "Only this type; a * at the end stands for anything, as in 'hook.*' (repeatable).",
            valueName: "type"))
    var types: [String] = []

    @Option(help: "Only events recorded \(Moment.from).")
    var since: Moment?

    @Option(help: "Only events recorded \(Moment.through).")
    var until: Moment?

    var filter: RecordFilter {
        RecordFilter(
            types: types.map { TypePattern(ByteString($0)) },
            streams: streams.map { ByteString($0) },
            recordedFrom: since?.first, recordedThrough: until?.last)
    }
}

/// A moment or a whole day on the command line, or how long ago a moment was.
struct Moment: ExpressibleByArgument {
    /// How the help of an option says what its moment bounds.
    static let from = "at or after this moment or day (UTC), or since so long ago (12h, 7d)"
    static let through = "at or before this moment or so long ago, or through this day (UTC)"

    /// Of a day: its beginning.
    let first: Timestamp
    /// Of a day: its last microsecond.
    let last: Timestamp

    init?(argument: String) {
        let text = Array(argument.utf8)
        if let moment = text.withUnsafeBytes({ Timestamp(shortISO8601: $0) }) {
            first = moment
            let isDay = text.count == 10
            last = isDay ? Timestamp(microseconds: moment.microseconds + Self.dayLength) : moment
        } else if argument.last?.isLetter == true, let ago = UnitNumber.moment(ago: argument) {
            first = ago
            last = ago
        } else {
            return nil
        }
    }
}

extension Moment {
    /// From a day's first to its last microsecond.
    private static let dayLength: Int64 = 86_400_000_000 - 1
}

/// An event's position on the command line.
struct PositionArgument: ExpressibleByArgument {
    let position: Position

    init?(argument: String) {
        guard let value = UInt64(argument), value <= UInt64(Int64.max) else { return nil }
        position = Position(value)
    }
}
