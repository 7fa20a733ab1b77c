/// Which queued phases may start.
///
/// Source: semantics §1.10 and §7.6, golden `queue_ready_phases`.
package struct PhaseQueue: Sendable {
    package struct Entry: Sendable {
        package let id: String
        package let feature: Int
        package let phase: Int
        package let status: String
        /// Phases of the same feature.
        package let dependencies: [Int]

        package init(
            id: String, feature: Int, phase: Int, status: String, dependencies: [Int]
        ) {
            self.id = id
            self.feature = feature
            self.phase = phase
            self.status = status
            self.dependencies = dependencies
        }
    }

    package let entries: [Entry]

    package init(_ entries: [Entry]) {
        self.entries = entries
    }

    /// The queued phases of a feature whose every dependency is there and completed, by id.
    package func ready(ofFeature feature: Int) -> [String] {
        let own = entries.filter { $0.feature == feature }
        let ready = own.filter { entry in
            entry.status == "queued"
                && entry.dependencies.allSatisfy { number in
                    // Of two entries for one phase the later one counts.
                    own.last { $0.phase == number }?.status == "completed"
                }
        }
        return ready.map(\.id).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Of all features together.
    package var runningCount: Int { entries.count { $0.status == "running" } }
}
