import TachoEvents
import TachoJSON
package import TachoLog

/// What a compaction did and what was proven of it: what its receipt, `tacho.compacted`, tells.
///
/// The invariants, of which ``checked`` has those that were: I1 the same positions, I2 the same lines,
/// I3 the same hash chain, each read back from the new file; I4 the same tables; I5 the same tables
/// at moments before; I6 the same events of a type and a stream; I7 the same events behind a position;
/// I9 a second run has nothing to do; I10 no more bytes; I12 the replaced files are kept. That readers
/// see one or the other (I8) and that a death leaves one or the other (I11) is of every run, and not
/// of this one: `tacho torture --only C2` and `K2-compact`.
package struct CompactionRecord: Sendable {
    package let plan: String
    package let level: Int
    /// Whether the run itself died before it could tell.
    package let isInterrupted: Bool
    var inputs: [CompactionUnderWay.Input] = []
    /// Less than the plan has, if it was stopped.
    package internal(set) var written: [LogMaintenance.Written] = []
    package internal(set) var removed: [LogMaintenance.Leftover] = []
    package internal(set) var prunedSnapshotCount = 0
    /// Tables at a cut that were brought from an older format into the present one.
    package internal(set) var convertedCount = 0
    /// State hash by table, where they were folded, before and after.
    package internal(set) var tables: [(name: String, before: String, after: String)] = []
    /// Up to where the tables were folded.
    package internal(set) var position: Position = .zero
    package internal(set) var checked: [String] = []
    /// What was another answer afterwards.
    package internal(set) var differing: [String] = []
    /// Segments that an interrupted run may have written and that are others by now.
    package internal(set) var unproven: [String] = []

    package var inputCount: Int { inputs.count }
    package var replacedByteCount: Int { inputs.reduce(0) { $0 + $1.byteCount } }
    package var writtenByteCount: Int { written.reduce(0) { $0 + $1.segment.byteCount } }
    /// Whether anything was done that is worth a receipt.
    package var hasChanged: Bool {
        !written.isEmpty || !removed.isEmpty || convertedCount > 0 || !unproven.isEmpty
    }

    init(_ plan: CompactionPlan) {
        self.plan = plan.id
        level = plan.options.level
        isInterrupted = false
    }

    init(_ note: CompactionUnderWay) {
        plan = note.plan
        level = note.level
        isInterrupted = true
    }

    // MARK: Proofs

    mutating func compare(_ before: CompactionAnswers?, with after: CompactionAnswers?) {
        guard let before, let after else { return }
        compare(before.tables, with: after.tables, at: after.position)
        differing = before.differences(from: after)
        if differing.isEmpty, before.hasPast { checked += ["I5", "I6", "I7"] }
    }

    /// Tables of another version of their projector are not compared.
    mutating func compare(
        _ before: [CompactionAnswers.TableState], with after: [CompactionAnswers.TableState],
        at position: Position
    ) {
        self.position = position
        differing = CompactionAnswers.differences(before, after)
        for table in after {
            let other = before.first {
                $0.name == table.name && $0.fingerprint == table.fingerprint
            }
            guard let other else { continue }
            tables.append((table.name, other.hash, table.hash))
        }
        if differing.isEmpty, !tables.isEmpty { checked.append("I4") }
    }

    /// Sizes, and what was replaced.
    mutating func checkFiles(
        _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) {
        // One manifest is what a segment's entry may take.
        let allowed = try fileSystem.contents(of: layout.manifest)?.count ?? 0
        if !written.isEmpty, writtenByteCount <= replacedByteCount + allowed {
            checked.append("I10")
        }
        let retired = (try? fileSystem.list(layout.retired)) ?? []  // try?: none is kept, then
        let log = (try? fileSystem.list(layout.log)) ?? []  // as above
        let isKept = inputs.allSatisfy { input in
            // A process that died has not retired them yet.
            log.contains(input.file) || retired.contains { $0.hasPrefix(input.file + ".") }
        }
        if !inputs.isEmpty, isKept { checked.append("I12") }
    }

    // MARK: The receipt

    var receipt: Receipt {
        Receipt(EventType.compacted) { json in
            json.key("plan")
            json.value(plan)
            json.key("level")
            json.value(level)
            if isInterrupted {
                json.key("interrupted")
                json.value(true)
            }
            CompactionUnderWay.write(inputs, to: &json)
            json.key("outputs")
            json.beginArray()
            for output in written {
                json.beginObject()
                for (key, text) in [
                    ("file", output.segment.file), ("lines_sha256", output.linesDigest),
                    ("chain", output.chain),
                ] {
                    json.key(key)
                    json.value(text)
                }
                for (key, number) in [
                    ("first", Int(clamping: output.segment.first.rawValue)),
                    ("last", Int(clamping: output.segment.last.rawValue)),
                    ("count", output.count), ("bytes", output.segment.byteCount),
                    ("raw_bytes", output.segment.rawByteCount),
                ] {
                    json.key(key)
                    json.value(number)
                }
                json.endObject()
            }
            json.endArray()
            for (key, number) in [
                ("bytes_before", replacedByteCount), ("bytes_after", writtenByteCount),
                ("removed_bytes", removed.reduce(0) { $0 + $1.byteCount }),
                ("pruned_snapshots", prunedSnapshotCount), ("converted_tables", convertedCount),
                ("tables_position", Int(clamping: position.rawValue)),
            ] {
                json.key(key)
                json.value(number)
            }
            for (key, hashes) in [
                ("tables_before", tables.map { ($0.name, $0.before) }),
                ("tables", tables.map { ($0.name, $0.after) }),
            ] {
                json.key(key)
                json.beginObject()
                for (name, hash) in hashes {
                    json.key(name)
                    json.value(hash)
                }
                json.endObject()
            }
            for (key, words) in [
                ("checked", checked), ("differing", differing), ("unproven", unproven),
            ] {
                // What is good needs no word of what is not.
                if key != "checked", words.isEmpty { continue }
                json.key(key)
                json.beginArray()
                for word in words { json.value(word) }
                json.endArray()
            }
        }
    }

    /// The receipt's members, as JSON.
    package var json: [UInt8] { receipt.data }
}
