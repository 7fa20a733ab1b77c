internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

extension Corpus {
    /// A store may be as before or as after, or some of its segments may be; nothing else.
    func checkBetween(_ disk: SimulatedFileSystem, _ context: String, _ tally: inout Tally) {
        do {
            _ = try LogWriter.open("store", fileSystem: disk)
            try compare(disk, allowsVictims: true, context, &tally)
        } catch {
            tally.found("\(context)the store cannot be read: \(error)")
        }
    }

    /// Nothing of it is left; everything else is as it was.
    func checkAfter(
        _ disk: SimulatedFileSystem, _ projectors: [any Projector.Type], _ context: String,
        _ tally: inout Tally
    ) {
        do {
            try compare(disk, allowsVictims: false, context, &tally)
            try lookForID(disk, context, &tally)
            try checkTables(disk, projectors, context, &tally)
            try checkRetry(disk, context, &tally)
        } catch {
            tally.found("\(context)the store cannot be read: \(error)")
        }
    }

    /// Positions, the other lines, and the chain.
    private func compare(
        _ disk: SimulatedFileSystem, allowsVictims: Bool, _ context: String, _ tally: inout Tally
    ) throws {
        let reader = try LogReader.open("store", fileSystem: disk)
        var found = [Position: [UInt8]]()
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                found[record.position] = Array(record.line)
                return true
            }
            return true
        }
        for entry in lines {
            let now = found[entry.position]
            if entry.isVictim {
                if now != nil, !allowsVictims {
                    tally.found("\(context)position \(entry.position) is still there")
                }
            } else if now == nil {
                tally.found("\(context)position \(entry.position) is gone")
            }
            if let now, now != entry.line {
                tally.found("\(context)position \(entry.position) is not what it was")
            }
        }
        let report = try LogVerifier(reader).verify(.deep, anchors: [anchor])
        for finding in report.findings.prefix(2) {
            tally.found("\(context)verify: \(finding.file): \(finding.message)")
        }
    }

    /// Looks through all files with code that shares nothing with the product's own proof.
    func lookForID(
        _ disk: SimulatedFileSystem, _ context: String, _ tally: inout Tally
    ) throws {
        let tail = String(id.dropFirst())
        for path in disk.paths {
            let bytes = disk.contents(path) ?? []
            if String(decoding: bytes, as: UTF8.self).contains(tail) {
                tally.found("\(context)\(path) holds the id")
            }
            tally.count("bytes_searched", bytes.count)
            if path.hasSuffix(".kept.lz4") || path.hasSuffix(".snap") {
                for text in Self.decoded(path, bytes) {
                    tally.count("bytes_searched", text.count)
                    if String(decoding: text, as: UTF8.self).contains(tail) {
                        tally.found("\(context)\(path) holds the id, compressed")
                    }
                }
                continue
            }
            guard path.hasSuffix(".lz4") else { continue }
            // What frames there are decodes without the index.
            let reader = try LogReader.open("store", fileSystem: disk)
            _ = try SegmentSalvage.run(
                byteCount: bytes.count, store: reader.store, file: path,
                read: { (offset, count) throws(LogError) in
                    Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
                },
                { frame in
                    tally.count("bytes_searched", frame.lines.count)
                    if String(decoding: frame.lines, as: UTF8.self).contains(tail) {
                        tally.found("\(context)\(path) holds the id, compressed")
                    }
                })
        }
    }

    /// What a table's file holds.
    private static func decoded(_ path: String, _ bytes: [UInt8]) -> [[UInt8]] {
        if path.hasSuffix(".snap") { return [SnapshotStore.state(of: bytes)] }
        var texts = [[UInt8]]()
        _ = FramedLines.forEachFrame(in: bytes) { texts.append($0) }
        return texts
    }

    /// Tables are the fold of the log that never had the events.
    private func checkTables(
        _ disk: SimulatedFileSystem, _ projectors: [any Projector.Type], _ context: String,
        _ tally: inout Tally
    ) throws {
        let live = try Corpus.tables(disk, projectors)
        var fold = Projections(projectors)
        let kept = lines.filter { !$0.isVictim }.flatMap(\.line)
        try fold.fold(RecordBatch(bytes: kept))
        let reader = try LogReader.open("store", fileSystem: disk)
        try reader.forEachBatch(from: anchor.position.next) { batch in
            try fold.fold(batch)
            return true
        }
        fold.advance(to: reader.lastPosition)
        for (one, other) in zip(live.projections.projections, fold.projections) {
            tally.count("tables_compared")
            if one.stateHash != other.stateHash {
                tally.found("\(context)\(one.type.name) is not the fold without the events")
            }
        }
    }

    /// A producer that got no answer sends the event again.
    private func checkRetry(
        _ disk: SimulatedFileSystem, _ context: String, _ tally: inout Tally
    ) throws {
        guard let retry else { return }
        var log = try LogWriter.open("store", fileSystem: disk)
        let receipt = try log.append([retry])
        guard case .duplicate(let position) = receipt.outcomes.first else {
            tally.found("\(context)an erased event is appended again")
            return
        }
        tally.count("retries_recognised")
        let isVictim = lines.contains { $0.position == position && $0.isVictim }
        if !isVictim { tally.found("\(context)a retry is taken for position \(position)") }
    }
}
