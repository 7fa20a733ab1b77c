/// Why a projector could not take an event in.
///
/// The table is as it was before the event; the event is quarantined for that projector and the
/// fold goes on. Trying again gives the same result: only another version of the projector helps.
package enum ProjectionError: Error, Hashable, Sendable {
    /// The event has to have this member.
    case missing(_ member: String)
    /// The member is there, and is not what it has to be.
    case unexpected(_ member: String)
}

extension ProjectionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let member): "\(member) is missing"
        case .unexpected(let member): "\(member) is not what it has to be"
        }
    }
}
