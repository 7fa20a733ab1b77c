import ArgumentParser
import TachoLog

/// The moment of the log that an answer is about.
struct AsOfOptions: ParsableArguments {
    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "Answer as of this position, or as of this moment or day (UTC), or so long ago (2h), "
                + "by the store's clock.",
            valueName: "position|time"))
    var asOf: AsOf?
}

enum AsOf: ExpressibleByArgument {
    case position(Position)
    case moment(Moment)

    init?(argument: String) {
        if let position = PositionArgument(argument: argument) {
            self = .position(position.position)
        } else if let moment = Moment(argument: argument) {
            self = .moment(moment)
        } else {
            return nil
        }
    }

    /// What a reader of the answer has to know, if the log does not reach so far.
    ///
    /// A day that has begun is as far as it can reach.
    func note(in reader: LogReader, now: Timestamp) -> String? {
        switch self {
        case .position(let position) where position > reader.lastPosition:
            "the log has no position \(position): the answer is as of its last, "
                + "\(reader.lastPosition)"
        case .moment(let moment) where moment.first > now:
            "\(moment.first) is still to come: the answer is as of now"
        case .position, .moment: nil
        }
    }

    /// The last position that counts.
    ///
    /// Events are recorded in the order of the store's clock, which never goes back: the first
    /// one after the moment ends the search, and frames before it are skipped unread.
    func resolved(in reader: LogReader) throws -> Position {
        switch self {
        case .position(let position): return min(position, reader.lastPosition)
        case .moment(let moment):
            let moment = moment.last
            if let cut = reader.expired, moment < cut.recorded { throw cut.error }
            let later = RecordFilter(
                recordedFrom: Timestamp(microseconds: moment.microseconds + 1))
            var first: Position?
            try reader.forEachBatch(
                matching: later, onDamage: { _ in },
                { batch in
                    try batch.forEachRecord { record in
                        first = record.position
                        return false
                    }
                    return first == nil
                })
            return first?.previous ?? reader.lastPosition
        }
    }
}
