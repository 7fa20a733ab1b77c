extension LogWriter {
    /// Looks only at what stands behind the known end: the process that wrote it has died, the
    /// machine has not, so everything before is as it was written.
    mutating func recoverTail(_ byteCount: Int) throws(LogError) {
        var scan = ActiveScan(
            from: head.writtenByteCount, lastPosition: head.writtenPosition,
            lastRecorded: head.recorded)
        try run(&scan, byteCount)
        var report = RecoveryReport()
        if scan.completeByteCount < byteCount {
            try quarantineTail(from: scan.completeByteCount, to: byteCount, &report)
        }
        let isLonger = scan.completeByteCount > head.writtenByteCount
        adopt(scan)
        if isLonger { try makeAdoptedDurable() }
        try finishRecovery(report)
    }

    /// Opens a log whose HEAD cannot be trusted: after a restart of the machine, or without one.
    ///
    /// Reads the whole active segment. Steps and argument: <doc:FileFormat#Recovery>.
    mutating func recover(_ found: Head?) throws(LogError) {
        var manifest = try loadManifest(found)
        guard var active = manifest.active else {
            throw LogError(.damaged, "\(layout.manifest) names no active segment")
        }
        // A HEAD that is ahead of the manifest tells of a switch to a new file that was not
        // finished; that file is there, because it was made before.
        var generation = StoreLayout.generation(ofActive: active.file)
        if let found, found.isAhead(of: active) {
            try finishRoll(&manifest, to: found)
            guard let switched = manifest.active else { return }
            active = switched
            generation = found.activeGeneration
        }
        let speaks = found.flatMap {
            $0.activeFirst == active.first && $0.activeGeneration == generation ? $0 : nil
        }
        let lastRecorded = found?.recorded ?? Timestamp(microseconds: 0)
        head = Head(
            activeFirst: active.first, activeGeneration: generation,
            recorded: lastRecorded, boot: boot)
        head.epoch = found?.epoch ?? 0
        head.syncFailureCount = found?.syncFailureCount ?? 0
        if let speaks {
            head.durableByteCount = speaks.durableByteCount
            head.durablePosition = speaks.durablePosition
        }
        try reopenActive()
        let byteCount = try currentByteCount()
        var scan = ActiveScan(
            from: 0, lastPosition: active.first.previous, lastRecorded: lastRecorded)
        try run(&scan, byteCount)
        var report = RecoveryReport()
        switch TailJudgement.judge(scan, speaks) {
        case .whole:
            adopt(scan)
            try makeAdoptedDurable()
        case .torn(let offset):
            try quarantineTail(from: offset, to: byteCount, &report)
            adopt(scan)
            try makeAdoptedDurable()
        case .missing(let missing) where options.acceptsLoss:
            report.missingByteCount = missing
            try quarantineTail(from: scan.completeByteCount, to: byteCount, &report)
            adopt(scan)
            try makeAdoptedDurable()
        case .missing(let missing):
            throw LogError(
                .readOnly,
                "\(activePath) has \(byteCount) bytes, \(missing) fewer than were once durable: "
                    + "acknowledged events are missing. The store can be read but not appended to. "
                    + "Restore the file, or run `tacho recover` to accept the loss.")
        case .damaged(let offset):
            report.damagedFile = active.file
            report.damagedOffset = offset
            try retireDamaged(&manifest, scan, speaks)
        }
        try finishRecovery(report)
    }

    // MARK: - Steps

    private func loadManifest(_ found: Head?) throws(LogError) -> Manifest {
        do throws(LogError) {
            let manifest = try Manifest.load(layout, store: store, fileSystem)
            guard options.acceptsLoss, try isStale(manifest, found) else { return manifest }
        } catch {
            guard error.code == .damaged, options.acceptsLoss else { throw error }
        }
        let manifest = try ManifestRebuild(
            layout: layout, store: store, fileSystem: fileSystem
        ).run()
        try save(manifest)
        return manifest
    }

    private mutating func run(_ scan: inout ActiveScan, _ byteCount: Int) throws(LogError) {
        guard let activeFile else { preconditionFailure("recovery opens the active file first") }
        let reader = ActiveFileReader(fileSystem: fileSystem, file: activeFile, path: activePath)
        let seed = seed
        try LogError.unifying { try scan.run(reader, seed: seed, end: byteCount) }
    }

    private mutating func adopt(_ scan: ActiveScan) {
        head.writtenByteCount = scan.completeByteCount
        head.writtenPosition = scan.lastPosition
        head.recorded = max(head.recorded, scan.lastRecorded)
        // What was found is not known to be durable; the next sync makes it so.
        head.durableByteCount = min(head.durableByteCount, head.writtenByteCount)
        head.durablePosition = min(head.durablePosition, head.writtenPosition)
        head.isClean = false
        ids = nil
    }

    /// Makes durable what was found, before anything is built on it.
    ///
    /// HEAD may be older than the last commit, after a restart or after a sync of HEAD that failed;
    /// the commit then stands behind its durable offset: were the next sync to fail, the log would
    /// go on before events that were acknowledged.
    private mutating func makeAdoptedDurable() throws(LogError) {
        guard let activeFile else { preconditionFailure("recovery opens the active file first") }
        try LogError.unifying { try fileSystem.synchronize(activeFile) }
        head.durableByteCount = head.writtenByteCount
        head.durablePosition = head.writtenPosition
    }

    private mutating func finishRecovery(_ report: RecoveryReport) throws(LogError) {
        try saveHead(strict: false)
        guard !report.isEmpty else { return }
        recovery = report
        let event = NewEvent(
            stream: "tacho", type: report.isLossless ? "tacho.recovered" : "tacho.damaged",
            source: "tacho/log", data: report.data)
        // The store's own history is welcome, not needed: a full disk must not keep a log closed.
        try? appendOwn(event)
    }

    private mutating func appendOwn(_ event: NewEvent) throws(LogError) {
        guard let activeFile else { return }
        let recorded = max(options.now.inMilliseconds, head.recorded)
        var encoder = RecordEncoder()
        encoder.begin(seed: seed, recorded: recorded, watermark: head.durableByteCount)
        encoder.append(
            event, generator: &generator, position: head.writtenPosition.next, remaining: 0)
        do throws(FileError) {
            try fileSystem.writeAll(activeFile, encoder.bytes, at: head.writtenByteCount)
        } catch {
            try? fileSystem.truncate(activeFile, to: head.writtenByteCount)
            throw LogError(error)
        }
        head.writtenByteCount += encoder.byteCount
        head.writtenPosition = head.writtenPosition.next
        head.recorded = recorded
        try saveHead(strict: false)
    }

    /// Keeps the bytes, then cuts them off.
    ///
    /// Bytes of a crash are evidence.
    private mutating func quarantineTail(
        from offset: Int, to end: Int, _ report: inout RecoveryReport
    ) throws(LogError) {
        guard offset < end else { return }
        guard let activeFile else { preconditionFailure("recovery opens the active file first") }
        let name = StoreLayout.activeName(
            first: head.activeFirst, generation: head.activeGeneration)
        let kept = "\(name).\(offset)+\(end - offset).torn.bin"
        let limit = 16 << 20
        let bytes = try fileSystem.readUpTo(
            activeFile, activePath, at: offset, byteCount: min(end - offset, limit))
        do throws(FileError) {
            // A full disk must not keep the log closed: the bytes are nobody's acknowledged data.
            do throws(FileError) {
                try fileSystem.replaceFile(
                    layout.quarantine + "/" + kept, with: bytes,
                    temporary: layout.temporaryFile("torn"))
                report.quarantineFile = kept
            } catch {
                report.quarantineFile = nil
            }
            try fileSystem.truncate(activeFile, to: offset)
            try fileSystem.synchronize(activeFile)
        } catch {
            throw LogError(error)
        }
        report.tornByteCount += end - offset
    }

    /// Leaves a damaged active file as it is and goes on in a new one.
    ///
    /// One of which no position is known is no segment, and goes to the quarantine now; the others
    /// do when they are sealed.
    private mutating func retireDamaged(
        _ manifest: inout Manifest, _ scan: ActiveScan, _ found: Head?
    ) throws(LogError) {
        let last = max(
            scan.lastPosition, scan.lastSalvageablePosition, found?.writtenPosition ?? .zero,
            found?.durablePosition ?? .zero)
        head.writtenPosition = last
        head.writtenByteCount = scan.byteCount
        head.recorded = max(head.recorded, scan.lastRecorded)
        guard last < head.activeFirst else {
            return try switchActive(endingAs: .damaged, &manifest)
        }
        let path = activePath
        let name = StoreLayout.activeName(
            first: head.activeFirst, generation: head.activeGeneration)
        try switchActive(endingAs: nil, &manifest)
        // What fails here leaves a file that the manifest does not name.
        try? fileSystem.rename(path, to: layout.quarantine + "/" + name + ".damaged")
    }

    private mutating func reopenActive() throws(LogError) {
        if let activeFile { fileSystem.close(activeFile) }
        activeFile = nil
        do throws(FileError) {
            activeFile = try fileSystem.open(activePath, .update)
        } catch {
            if error.isNotFound {
                throw LogError(
                    .readOnly,
                    "\(activePath), the active segment, is not there: acknowledged events may be "
                        + "missing. Restore it, or run `tacho recover` to accept the loss.")
            }
            throw LogError(error)
        }
        // What is found is synced and noted under the lock (``makeAdoptedDurable()``).
        openedByteCount = 0
        seed = ActiveSeed(store: store, firstPosition: head.activeFirst)
    }

    private func currentByteCount() throws(LogError) -> Int {
        guard let activeFile else { return 0 }
        do throws(FileError) {
            return try fileSystem.byteCount(of: activeFile)
        } catch {
            throw LogError(error)
        }
    }
}
