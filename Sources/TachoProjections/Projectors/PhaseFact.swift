import TachoEvents
import TachoJSON
import TachoLog

/// What a phase's record is known by where it names no id of its own: workflow, phase, status, and end.
///
/// The same record reaches a log file and the server, of which only the file's has an `event_id`, and
/// is posted again when the answer is lost. The start tells the tool tracker's record from the
/// completion of the same moment, where ends are written to the second or minute (semantics §2.6).
///
/// Source: semantics §10.
struct PhaseFact {
    /// Of all of them.
    let hash: Int64

    /// - Returns: `nil` for one without a workflow or an end: a phase begins as often as it says.
    init?(_ record: PhaseRecord, _ event: Event) {
        let typeStatus = event.name(after: EventType.phasePrefix)
        guard let end = record.completedAt?.moment, let workflow = Self.workflow(record, event),
            let phase = record.phaseName?.withText({ text in
                text.map(\.smallLetter).withUnsafeBytes { ContentHash.hash($0) }
            }),
            let status = record.phaseStatus?.withText({ ContentHash.hash($0) })
                ?? typeStatus.map({ ContentHash.hash($0) })
        else { return nil }
        let start = record.startedAt?.moment?.microseconds ?? .min
        hash = [phase, status, end.microseconds, start].reduce(workflow) {
            ContentHash.combine($0, $1)
        }
    }

    private static func workflow(_ record: PhaseRecord, _ event: Event) -> Int64? {
        if let workflow = record.workflow, workflow.isFilledText {
            return workflow.withText { ContentHash.hash($0.dropping(prefix: "wf-")) }
        }
        let stream = event.stream.dropping(prefix: "wf-")
        return stream.equals("general") ? nil : ContentHash.hash(stream)
    }
}
