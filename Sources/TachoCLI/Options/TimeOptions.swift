import ArgumentParser
import TachoInsights
import TachoLog

/// A part of the time that an answer is about.
struct TimeOptions: ParsableArguments {
    @Option(help: "Only what happened \(Moment.from).")
    var since: Moment?

    @Option(help: "Only what happened \(Moment.through).")
    var until: Moment?

    var isGiven: Bool { since != nil || until != nil }

    /// Without either, all of the time.
    var span: TimeSpan {
        TimeSpan(
            start: since?.first ?? Timestamp(microseconds: .min),
            end: until?.last ?? Timestamp(microseconds: .max), days: 0, now: .now)
    }

    /// What has no time is in no part of it.
    func contains(_ moment: Timestamp?) -> Bool { !isGiven || span.contains(moment) }
}
