import TachoEvents
import TachoJSON
package import TachoLog

/// All tables, folded together: each event is located once and shown to the projectors that
/// declared its type.
///
/// The result depends on the events alone: not on how they are cut into batches, how many threads
/// fold them, or the snapshot the fold began from.
package struct Projections: Sendable {
    /// In the order of registration.
    package internal(set) var projections: [Projection]
    /// The last event that was read here; the fold goes on after it.
    package internal(set) var position: Position
    var router: TypeRouter

    /// Nothing folded yet.
    package init(_ projectors: [any Projector.Type] = allProjectors, hashSeed: UInt64? = nil) {
        self.init(projectors.map { Projection($0, hashSeed: hashSeed) }, hashSeed: hashSeed)
    }

    /// Goes on with what was folded before, from the earliest checkpoint.
    package init(_ projections: [Projection], hashSeed: UInt64? = nil) {
        self.projections = projections
        position = projections.map(\.checkpoint).min() ?? .zero
        router = TypeRouter(projections.map(\.type), hashSeed: hashSeed)
        let names = projections.map { $0.type.name }
        precondition(Set(names).count == names.count, "names of projectors are unique")
    }

    /// Every table holds all events up to here.
    package var checkpoint: Position { position }

    /// What all projectors together want to see; anything else may be skipped unread.
    package var inputs: [TypePattern] { projections.flatMap { $0.type.inputs } }

    package subscript(_ name: String) -> Projection? {
        projections.first { $0.type.name == name }
    }

    package func table(named name: String) -> Table? { self[name]?.table }

    package func stateHash(of name: String) -> Digest256? { self[name]?.stateHash }

    package var quarantinedCount: Int { projections.reduce(0) { $0 + $1.quarantined.count } }

    /// Reads all that lies in snapshots: see ``Table/openColumns(_:)``.
    package mutating func openColumns() throws(TableDecodingError) {
        for index in projections.indices { try projections[index].openColumns(nil) }
    }

    // MARK: Folding

    /// Folds a batch that follows what was folded before.
    ///
    /// - Throws: ``LogError`` `.damaged` for a line that is not a record or out of order. What
    ///   came before it is folded.
    /// - Precondition: The batch begins after ``checkpoint``.
    package mutating func fold(_ batch: RecordBatch) throws(LogError) {
        let start = position
        var isFirst = true
        var members = [JSONMemberPlace]()
        defer { advance(to: position) }
        do {
            try batch.forEachRecord { record in
                try follow(record.position, start: start, isFirst: isFirst)
                isFirst = false
                let route = router.route(of: record.type)
                if route.isEmpty { return true }
                members.removeAll(keepingCapacity: true)
                let data = JSONView(validated: record.data)
                JSONMemberPlace.forEach(of: data) { members.append($0) }
                members.withUnsafeBufferPointer { members in
                    Event.withEvent(of: record, members: JSONMembers(data, at: members)) { event in
                        for index in route { projections[index].take(event) }
                    }
                }
                return true
            }
        } catch {
            throw LogError(folding: error)
        }
    }

    /// Notes that all events up to here were folded or are wanted by no projector.
    ///
    /// - Precondition: `position` is not before ``checkpoint``.
    package mutating func advance(to position: Position) {
        precondition(self.position <= position, "a fold never goes back")
        self.position = position
        for index in projections.indices { projections[index].advance(to: position) }
    }

    /// Goes on to the next event of a batch.
    @inline(__always)
    mutating func follow(_ next: Position, start: Position, isFirst: Bool) throws(LogError) {
        guard next > position else {
            precondition(!isFirst, "a fold never goes back: \(next) after \(start)")
            throw LogError(
                .damaged, "event \(next) follows event \(position); run `tacho verify`")
        }
        position = next
    }
}

extension LogError {
    /// The error of a batch: `RecordBatch` throws nothing but this type and what its body throws.
    init(folding error: any Error) {
        self = error as? LogError ?? LogError(.damaged, "a batch cannot be read: \(error)")
    }
}
