import TachoEvents
import TachoInsights
import TachoLog

extension OpenTables {
    /// Reads the events that may tell prompts, as far as the tables go.
    ///
    /// - Returns: What of the log could not be read.
    /// - Throws: ``LogError`` if the log cannot be read at all.
    func forEachPrompt(_ body: (Event, Position) -> Void) throws -> [LogError] {
        var damage: [LogError] = []
        try reader.forEachBatch(
            through: asOf, matching: RecordFilter(types: PromptText.types),
            onDamage: { damage.append($0) },
            { batch in
                try batch.forEachRecord { record in
                    Event.withEvent(of: record) { body($0, record.position) }
                    return true
                }
                return true
            })
        return damage
    }
}
