import TachoEvents

/// Why a projector could not take an event in.
///
/// The table is as it was before the event; the event is quarantined for that projector and the
/// fold goes on. Trying again gives the same result: only another version of the projector helps.
package enum ProjectionError: Error, Hashable, Sendable {
    /// The event has to have this member.
    case missing(_ member: String)
    /// The member is there, and is not what it has to be.
    case unexpected(_ member: String)
    /// A newer program wrote it, in a shape of its type that this one does not know.
    case newer(_ version: Int)
}

extension ProjectionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let member): "\(member) is missing"
        case .unexpected(let member): "\(member) is not what it has to be"
        case .newer(let version):
            "version \(version) of its type is newer than this tacho; a newer one takes it in"
        }
    }
}

extension ProjectionError {
    init(_ error: UpcastError) {
        self =
            switch error {
            case .unexpected(let member): .unexpected(member)
            case .newer(let version): .newer(version)
            }
    }
}
