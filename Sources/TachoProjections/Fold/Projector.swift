package import TachoEvents
package import TachoLog

/// A pure function from events to a table.
///
/// Everything the fold needs to go on lies in the table (in hidden columns, if nobody else is to
/// see it), so that a snapshot of the table is a snapshot of the fold. A projector's own
/// properties are working space whose content makes no difference: a fold may begin at any event
/// with a new one. No clock, no randomness, no file, no order of a dictionary.
///
/// Every projector passes `ProjectorLaws`.
package protocol Projector: Sendable {
    /// The table's name is also the projector's.
    static var schema: TableSchema { get }
    /// Raised when the same log would fold to another table; older snapshots are then refolded.
    static var version: Int { get }
    /// Earlier versions whose tables this one goes on with, where the events behind them have
    /// expired: rows and cells by the names of columns, what is new is unknown.
    ///
    /// Whoever raises ``version`` decides it for every version before, because a table that nobody
    /// goes on with begins anew behind the cut. A version is named here if its rows differ from this
    /// one's only in what was made of single events: each column is there with the same meaning,
    /// hidden ones and what is encoded in them, too, or is one that this version leaves unknown in
    /// rows which have not met what it is for. `ContinuedVersionTests` lists what was decided.
    static var continuedVersions: [Int] { get }
    /// The types it is shown; all others are passed over unread.
    static var inputs: [TypePattern] { get }
    /// By which events of these types get the newest shape before it sees them.
    static var upcasters: [Upcaster] { get }

    init()

    /// - Throws: ``ProjectionError`` if the event is not what its type promises; the table is
    ///   then unchanged.
    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError)

    /// Brings up to date what was put off while events were applied.
    ///
    /// Called at the end of a batch or of several, before anybody looks at the table. What it writes follows
    /// from the rows' other cells alone, so that it makes no difference how often it is called; it
    /// changes rows only that an event of the batch has touched.
    mutating func settle(_ table: inout Table)
}

extension Projector {
    package static var name: String { schema.name }
    package static var continuedVersions: [Int] { [] }
    package static var upcasters: [Upcaster] {
        Upcaster.all.filter { upcaster in inputs.contains { $0.overlaps(upcaster.type) } }
    }

    package mutating func settle(_ table: inout Table) {}
}
