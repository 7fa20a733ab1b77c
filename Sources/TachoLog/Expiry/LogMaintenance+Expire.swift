extension LogMaintenance {
    /// What an expiry took away.
    package struct Expired: Equatable, Sendable {
        package var files: [String] = []
        package var eventCount = 0
        package var byteCount = 0

        package init() {}
    }

    /// Lets go of the sealed segments up to a cut.
    ///
    /// An empty segment takes their place, one gap with the chain's head behind it, so that the
    /// chain of what follows still closes. The ids are kept as those of erased events are: an import
    /// that reads its sources again adds nothing.
    ///
    /// The store may keep erased ids already (``LogWriter/secretDigest(_:)``).
    ///
    /// - Parameter cut: Ends at the end of a sealed segment; its event is in the log.
    /// - Returns: What is gone.
    /// - Throws: ``LogError``; `.conflict` if the log is not divided there. The log is as it was or
    ///   without the segments; called again with the same cut, it ends what was begun.
    package func expire(_ cut: Expiries.Cut) throws(LogError) -> Expired {
        let entries = try manifest().segments
        let inputs = Array(entries.prefix { $0.state.isSealed && $0.last <= cut.through })
        if let archived = inputs.first(where: { $0.state == .archived }) {
            throw SealedSegment.rewritingError(archived)
        }
        guard let last = inputs.last, inputs[0].first == .first, last.last == cut.through,
            last.chain == cut.chain
        else {
            throw LogError(
                .conflict,
                "no segment ends at position \(cut.through) any more. Nothing was changed; make a "
                    + "new plan.")
        }
        var report = Expired()
        var erased = try ErasedIDs.load(layout, store, fileSystem) ?? ErasedIDs(store: store)
        for input in inputs {
            let count = try learnIDs(of: input, &erased)
            guard count > 0 else { continue }
            report.files.append(input.file)
            report.eventCount += count
            report.byteCount += input.byteCount
        }
        let output = try emptySegment(through: cut, replacing: inputs)
        var expiries = try Expiries.load(layout, fileSystem)
        expiries.add(cut)
        try erased.save(layout, fileSystem)
        try expiries.save(layout, fileSystem)
        if inputs.count > 1 || !report.files.isEmpty {
            try replace(inputs, with: output)
        } else {
            try LogError.unifying { try fileSystem.remove(output.temporary) }
        }
        try removeRetired(through: cut.through)
        return report
    }

    private func learnIDs(
        of entry: SegmentEntry, _ erased: inout ErasedIDs
    ) throws(LogError) -> Int {
        let sealed = try SealedSegment.open(entry, layout, store, fileSystem)
        defer { sealed.close(fileSystem) }
        var known = erased
        var count = 0
        for frame in sealed.reader.frames.indices {
            let batch: RecordBatch
            do throws(LogError) {
                batch = try sealed.batch(frame, fileSystem)
            } catch {
                // What cannot be read cannot be kept either.
                guard error.code == .damaged else { throw error }
                continue
            }
            try LogError.unifying {
                try batch.forEachRecord { record in
                    known.add(id: Array(record.id), at: record.position)
                    count += 1
                    return true
                }
            }
        }
        erased = known
        return count
    }

    private func emptySegment(
        through cut: Expiries.Cut, replacing inputs: [SegmentEntry]
    ) throws(LogError) -> SegmentMerge.Output {
        let generation = inputs.map { StoreLayout.generation(ofSealed: $0.file) }.max() ?? 0
        let name = StoreLayout.sealedName(
            first: .first, last: cut.through, generation: generation + 1)
        let temporary = layout.temporaryFile(name)
        var segment = SegmentWriter(store: store, firstPosition: .first, chainBefore: .zero)
        segment.appendGap(through: cut.through, chainAfter: cut.chain)
        let (footer, bytes) = segment.finish()
        let entry = SegmentEntry(
            state: .sealed, file: name, first: .first, last: cut.through, byteCount: bytes.count,
            rawByteCount: 0, chain: cut.chain)
        try LogError.unifying {
            let file = try fileSystem.makeAnew(temporary)
            defer { fileSystem.close(file) }
            try fileSystem.writeAll(file, bytes, at: 0)
            try fileSystem.synchronize(file)
        }
        try SegmentReadBack(layout: layout, fileSystem: fileSystem, store: store)
            .check(entry, temporary, footer)
        return SegmentMerge.Output(entry: entry, temporary: temporary, footer: footer)
    }

    /// Removes files of segments up to a cut that is made already.
    ///
    /// What retention lets go of is not kept for a while; a crash may have left it.
    package func removeRetired(through last: Position) throws(LogError) {
        try LogError.unifying {
            let named = try manifest().segments
            func isBehind(_ name: String) -> Bool {
                let parts = name.prefix { $0 != "." }.split(separator: "-")
                return parts.count == 2 && UInt64(parts[1]).map { $0 <= last.rawValue } == true
            }
            for name in try fileSystem.list(layout.log)
            where isBehind(name) && Self.isSuperseded(name, named) {
                try fileSystem.remove(layout.logFile(name))
            }
            // What has expired must not come back with the power.
            try fileSystem.synchronizeDirectory(layout.log)
            guard try fileSystem.status(layout.retired) != nil else { return }
            for name in try fileSystem.list(layout.retired) where isBehind(name) {
                try fileSystem.remove(layout.retiredFile(name))
            }
            try fileSystem.synchronizeDirectory(layout.retired)
        }
    }
}

extension LogReader {
    /// The expiry that counts now; `nil` if nothing has expired.
    package var expired: Expiries.Cut? { view.expiries.last }

    /// All expiries there were, in the order of their events.
    package var expiries: Expiries { view.expiries }

    /// Where the log begins: 1, or behind what has expired.
    public var firstPosition: Position { view.expiries.last?.through.next ?? .first }

    /// What a sealed segment says of itself, for retention and archiving to decide on.
    package struct Front: Sendable {
        package let segment: SegmentSummary
        package let eventCount: Int
        package let firstRecorded: Timestamp
        package let lastRecorded: Timestamp
        package let chain: Digest256
    }

    /// The sealed segments from the front on, up to the first that is not sealed.
    ///
    /// - Complexity: O(segments).
    package func front() throws(LogError) -> [Front] {
        try withFilesInPlace { log throws(LogError) in
            try log.facts(log.view.segments.prefix { $0.entry.state.isSealed })
        }
    }

    /// All sealed segments, archived ones among them.
    ///
    /// - Complexity: O(segments).
    package func sealedSegments() throws(LogError) -> [Front] {
        try withFilesInPlace { log throws(LogError) in
            try log.facts(log.view.segments.filter { $0.entry.state.isSealed })
        }
    }

    private func facts(_ segments: some Sequence<LogView.Segment>) throws(LogError) -> [Front] {
        var front = [Front]()
        for segment in segments {
            let sealed = try SealedSegment.open(segment.entry, layout, store, fileSystem)
            sealed.close(fileSystem)
            front.append(
                Front(
                    segment: SegmentSummary(segment), eventCount: sealed.reader.footer.count,
                    firstRecorded: sealed.reader.footer.firstRecorded,
                    lastRecorded: sealed.reader.footer.lastRecorded,
                    chain: sealed.reader.footer.chainAfter))
        }
        return front
    }
}
