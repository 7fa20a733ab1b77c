import TachoJSON
import TachoLog
import TachoOperations

extension EraseCommand {
    func json(_ plan: ErasurePlan) -> [UInt8] {
        JSONEnvelope(schema: "tacho.erase.plan/1").bytes { writer in
            writer.beginObject()
            writer.key("rule")
            writer.value(plan.matcher.selector.rule)
            writer.key("until")
            writer.value(plan.until.rawValue)
            writer.key("events")
            writer.value(plan.positions.count)
            writer.key("positions")
            writer.beginArray()
            for position in plan.positions { writer.value(position.rawValue) }
            writer.endArray()
            writer.key("sessions")
            writer.beginArray()
            for session in plan.matcher.sessions { writer.value(session.bytes) }
            writer.endArray()
            writer.key("groups")
            writer.beginArray()
            for group in plan.groups {
                writer.beginObject()
                writer.key("type")
                writer.value(group.type.bytes)
                writer.key("reason")
                writer.value(group.reason.rawValue)
                writer.key("events")
                writer.value(group.count)
                writer.endObject()
            }
            writer.endArray()
            writer.key("segments")
            writer.beginArray()
            for segment in plan.segments { writer.value(segment) }
            writer.endArray()
            writer.key("tables")
            plan.kept.write(to: &writer)
            writer.key("residue")
            plan.residue.write(to: &writer)
            writer.key("out_of_reach")
            writer.beginArray()
            for copy in plan.outOfReach { writer.rawValue(copy.data) }
            writer.endArray()
            writer.endObject()
        }
    }
}
