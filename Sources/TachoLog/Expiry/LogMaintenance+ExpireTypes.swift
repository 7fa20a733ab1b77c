extension Expiries.Cut {
    /// Whether an event goes by it; the store's own history never does.
    package func takes(_ record: RecordView) -> Bool {
        record.position >= first && record.position <= last && takes(type: record.type)
    }

    /// Whether events of a type go by it.
    package func takes(type: UnsafeRawBufferPointer) -> Bool {
        types.contains { $0.matches(type) } && !type.starts(with: "tacho.".utf8)
    }
}

extension LogMaintenance {
    /// Lets go of the events of some types up to a position.
    ///
    /// Segments with such events are written anew: each leaves its position and its leaf, so that
    /// order, chain, and all other lines stay. The ids are kept as those of erased events are.
    ///
    /// The store may keep erased ids already (``LogWriter/secretDigest(_:)``).
    ///
    /// - Parameter cut: Of some types; its event is in the log.
    /// - Returns: What is gone.
    /// - Throws: ``LogError``; `.archived` if some of it is in an archive. Each segment is as it was or
    ///   without the events; called again with the same cut, it does the rest.
    package func expireTypes(_ cut: Expiries.Cut) throws(LogError) -> Expired {
        precondition(!cut.types.isEmpty, "a cut of everything is made by expire(_:)")
        try requireFeature(StoreFormat.expiredTypesFeature)
        var expiries = try Expiries.load(layout, fileSystem)
        if !expiries.cuts.contains(cut) {
            expiries.add(cut)
            try expiries.save(layout, fileSystem)
        }
        var report = Expired()
        for entry in try segments(of: cut) {
            let positions = try positions(of: cut, in: entry)
            guard !positions.isEmpty else { continue }
            if entry.state == .archived { throw SealedSegment.rewritingError(entry) }
            let erasing = SegmentErasing(
                entry: entry, positions: positions, layout: layout, store: store,
                fileSystem: fileSystem)
            guard let result = try erasing.run() else { continue }
            try exchange(entry, for: result)
            report.files.append(entry.file)
            report.eventCount += result.events.count
            report.byteCount += max(0, entry.byteCount - result.entry.byteCount)
        }
        try removeReplaced(by: cut)
        return report
    }

    /// Whether events that a cut takes are in the log's files still.
    package func holds(_ cut: Expiries.Cut) throws(LogError) -> Bool {
        for entry in try segments(of: cut) where try !positions(of: cut, in: entry).isEmpty {
            return true
        }
        return false
    }

    private func segments(of cut: Expiries.Cut) throws(LogError) -> [SegmentEntry] {
        try manifest().segments.filter {
            $0.state.isSealed && $0.first <= cut.last && $0.last >= cut.first
        }
    }

    /// Reads only frames whose index says that they have such events.
    private func positions(
        of cut: Expiries.Cut, in entry: SegmentEntry
    ) throws(LogError) -> [Position] {
        let sealed = try SealedSegment.open(entry, layout, store, fileSystem)
        defer { sealed.close(fileSystem) }
        var found = [Position]()
        let frames = sealed.reader.frameIndexes(
            from: cut.first, through: cut.last, matching: RecordFilter(types: cut.types))
        for frame in frames {
            let batch = try sealed.batch(frame, fileSystem)
            try LogError.unifying {
                try batch.forEachRecord { record in
                    if cut.takes(record) { found.append(record.position) }
                    return true
                }
            }
        }
        return found
    }

    private func exchange(
        _ entry: SegmentEntry, for result: SegmentErasing.Result
    ) throws(LogError) {
        try switchManifest { manifest throws(LogError) in
            guard let index = manifest.segments.firstIndex(of: entry) else {
                throw LogError(.busy, "\(entry.file) was replaced meanwhile. Try again.")
            }
            // First what a late retry is known by, then what makes it late.
            var erased =
                try ErasedIDs.load(layout, store, fileSystem) ?? ErasedIDs(store: store)
            for event in result.events { erased.add(id: event.id, at: event.position) }
            try erased.save(layout, fileSystem)
            manifest.segments[index] = result.entry
        }
        // What fails here is removed with what is left over.
        try? fileSystem.remove(layout.logFile(entry.file))
    }

    /// Removes what a crash, and compactions before, have left of the segments as they were.
    package func removeReplaced(by cut: Expiries.Cut) throws(LogError) {
        let named = try manifest().segments
        func isOfCut(_ name: String) -> Bool {
            let parts = name.prefix { $0 != "." }.split(separator: "-").compactMap { UInt64($0) }
            return parts.count == 2 && parts[0] <= cut.last.rawValue
                && parts[1] >= cut.first.rawValue
        }
        try LogError.unifying {
            for name in try fileSystem.list(layout.log)
            where isOfCut(name) && Self.isSuperseded(name, named) {
                try fileSystem.remove(layout.logFile(name))
            }
            for name in try fileSystem.list(layout.temporary)
            where isOfCut(name) && name.hasSuffix(".jsonl.lz4") {
                try fileSystem.remove(layout.temporaryFile(name))
            }
            if try fileSystem.status(layout.retired) != nil {
                for name in try fileSystem.list(layout.retired) where isOfCut(name) {
                    try fileSystem.remove(layout.retiredFile(name))
                }
                try fileSystem.synchronizeDirectory(layout.retired)
            }
            for directory in [layout.log, layout.temporary] {
                try fileSystem.synchronizeDirectory(directory)
            }
        }
        // The manifest before names files that are gone.
        try manifest().saveAsPrevious(layout, fileSystem)
    }
}
