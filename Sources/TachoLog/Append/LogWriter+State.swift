#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension LogWriter {
    // MARK: - The lock

    /// Takes the store's lock, and LOCK anew if somebody has removed the file meanwhile.
    mutating func lock() throws(LogError) {
        try takeLock()
        do throws(LogError) {
            while try isLockRemoved() { try takeLock() }
        } catch {
            unlock()
            throw error
        }
    }

    /// - Returns: `true` if LOCK was opened anew and is still to be taken.
    private mutating func isLockRemoved() throws(LogError) -> Bool {
        do throws(FileError) {
            if try fileSystem.hasName(lockFile) { return false }
            let file = try fileSystem.open(layout.lock, .updateOrCreate)
            fileSystem.close(lockFile)
            lockFile = file
            return true
        } catch {
            throw LogError(error)
        }
    }

    /// Takes the store's lock if nobody has it.
    mutating func lockIfFree() throws(LogError) -> Bool {
        do throws(FileError) {
            guard try fileSystem.lock(lockFile, waits: false) else { return false }
        } catch {
            throw LogError(error)
        }
        // Opened anew, it is not ours yet.
        do throws(LogError) {
            return try !isLockRemoved()
        } catch {
            unlock()
            throw error
        }
    }

    private func takeLock() throws(LogError) {
        do throws(FileError) {
            guard let timeout = options.lockTimeoutMilliseconds else {
                _ = try fileSystem.lock(lockFile, waits: true)
                return
            }
            // Tried again at short intervals: `flock` has no timeout of its own, and an alarm
            // signal is not a library's to take.
            let stepMicroseconds = 250
            for _ in 0...(timeout * 1000 / stepMicroseconds) {
                if try fileSystem.lock(lockFile, waits: false) { return }
                var step = timespec(tv_sec: 0, tv_nsec: stepMicroseconds * 1000)
                nanosleep(&step, nil)
            }
        } catch {
            throw LogError(error)
        }
        throw LogError(
            .busy, "another process holds \(layout.lock). Nothing was appended; try again.")
    }

    func unlock() {
        fileSystem.unlock(lockFile)
    }

    // MARK: - Catching up

    /// Takes in the state of a store that was opened just now.
    ///
    /// `tacho recover` does not believe HEAD: it looks at the manifest and the whole active segment.
    mutating func prepare() throws(LogError) {
        try lock()
        defer { unlock() }
        guard options.acceptsLoss else { return try refresh() }
        try recover(try readHead().current)
    }

    /// Brings ``head`` and the active file up to what other processes have done.
    ///
    /// Under the lock.
    ///
    /// - Parameter looksAtEnd: Whether the file has to end where HEAD says, as it must before
    ///   something is appended. If it does not, that is put right.
    /// - Throws: ``LogError``; nothing that was acknowledged has changed.
    mutating func refresh(looksAtEnd: Bool = true) throws(LogError) {
        let slots = try readHead()
        // A damaged slot may have been the newer one, and the other speaks of a file that has ended.
        guard let found = slots.current, found.boot == boot, slots.areWhole else {
            try recover(slots.current)
            return
        }
        if activeFile == nil || found.activeFirst != head.activeFirst
            || found.activeGeneration != head.activeGeneration
        {
            hasUnsyncableTail = false
            guard try openActive(found) else { return try recover(found) }
        }
        head = found
        hasCompany = found.epoch != savedEpoch
        if hasUnsyncableTail { try abandonUnsyncedTail() }
        guard looksAtEnd else { return }
        let byteCount = try activeByteCount()
        if byteCount > head.writtenByteCount {
            try recoverTail(byteCount)
        } else if byteCount < head.writtenByteCount {
            try recover(found)
        }
    }

    mutating func closeActive() {
        if let activeFile { fileSystem.close(activeFile) }
        activeFile = nil
        forgetIDs()
    }

    /// Lets go of the index of ids; who needs it reads it again.
    mutating func forgetIDs() {
        ids = nil
    }

    /// - Returns: `false` if the log has gone on in another file than the one HEAD names: an old
    ///   HEAD was put back.
    private mutating func openActive(_ found: Head) throws(LogError) -> Bool {
        closeActive()
        let isLast = try Manifest.names(found, layout, fileSystem)
        if !isLast { try finishSwitch(to: found) }
        let name = StoreLayout.activeName(
            first: found.activeFirst, generation: found.activeGeneration)
        do throws(FileError) {
            activeFile = try fileSystem.open(layout.logFile(name), .update)
        } catch {
            guard error.isNotFound else { throw LogError(error) }
            return false
        }
        openedByteCount = found.writtenByteCount
        seed = ActiveSeed(store: store, firstPosition: found.activeFirst)
        if isLast { return true }
        return try !hasEnded(found)
    }

    /// Whether the manifest knows of a later active file.
    ///
    /// It is asked only if there is a file that could be that: one status call for each opening.
    private func hasEnded(_ found: Head) throws(LogError) -> Bool {
        let next = StoreLayout.activeName(first: try lastPosition(of: found).next)
        do throws(FileError) {
            guard try fileSystem.status(layout.logFile(next)) != nil else { return false }
        } catch {
            throw LogError(error)
        }
        let manifest = try Manifest.load(layout, store: store, fileSystem)
        return manifest.active.map { $0.first > found.activeFirst } ?? false
    }

    /// The last whole batch of the active file, which an old HEAD does not reach.
    private func lastPosition(of found: Head) throws(LogError) -> Position {
        let byteCount = try activeByteCount()
        guard byteCount > found.writtenByteCount, let activeFile else {
            return found.writtenPosition
        }
        var scan = ActiveScan(
            from: found.writtenByteCount, lastPosition: found.writtenPosition,
            lastRecorded: found.recorded)
        let reader = ActiveFileReader(
            fileSystem: fileSystem, file: activeFile, path: activePath)
        let seed = seed
        return try LogError.unifying {
            try scan.run(reader, seed: seed, end: byteCount)
            return scan.lastPosition
        }
    }

    private func activeByteCount() throws(LogError) -> Int {
        guard let activeFile else { return 0 }
        do throws(FileError) {
            return try fileSystem.byteCount(of: activeFile)
        } catch {
            throw LogError(error)
        }
    }

    /// Writes the slot that is not the current one.
    mutating func saveHead(strict: Bool) throws(LogError) {
        head.epoch += 1
        head.boot = boot
        do throws(FileError) {
            try fileSystem.writeAll(
                headFile, headImage.put(head, seed: headSeed), at: head.offset)
            if strict { try fileSystem.synchronize(headFile) }
        } catch {
            headImage.forget()
            throw LogError(error)
        }
        savedEpoch = head.epoch
    }

    /// Both slots of HEAD, read in one piece.
    mutating func readHead() throws(LogError) -> HeadSlots {
        do throws(FileError) {
            let count = try fileSystem.readUpTo(headFile, into: headImage.room, at: 0)
            return headImage.slots(read: count, seed: headSeed)
        } catch {
            throw LogError(error)
        }
    }

    // MARK: - Ids

    /// Brings the ids up to the end of the log.
    ///
    /// Once for each batch that has any.
    mutating func loadIDs() throws(LogError) {
        var index = ids ?? IDIndex(activeFirst: head.activeFirst)
        if index.activeFirst != head.activeFirst { index = IDIndex(activeFirst: head.activeFirst) }
        try forEachActiveRecord(from: index.activeByteCount) { record, end in
            index.learn(record, through: end)
        }
        index.advance(to: head.writtenByteCount)
        if !index.knowsEarlierSegments {
            try learnEarlierSegments(index)
            index.knowsEarlierSegments = true
        }
        ids = index
    }

    private mutating func learnEarlierSegments(_ index: IDIndex) throws(LogError) {
        let manifest = try Manifest.load(layout, store: store, fileSystem)
        erased = try ErasedIDs.load(layout, store, fileSystem)
        for entry in manifest.segments {
            switch entry.state {
            case .active:
                continue
            case .sealed, .archived:
                _ = try sealedSegment(entry)
                index.forget(entry)
            case .sealing, .damaged:
                try index.learn(
                    PlainSegment(entry: entry, store: store, layout: layout), fileSystem)
            }
        }
    }

    /// Calls `body` with the records of the active segment from an offset on, and where each ends.
    func forEachActiveRecord(
        from start: Int, _ body: (RecordView, Int) -> Void
    ) throws(LogError) {
        guard start < head.writtenByteCount, let activeFile else { return }
        let reader = ActiveFileReader(fileSystem: fileSystem, file: activeFile, path: activePath)
        let (end, seed) = (head.writtenByteCount, seed)
        try LogError.unifying {
            _ = try reader.forEachRun(from: start, to: end) { run, runOffset in
                var offset = 0
                while let line = run.line(from: offset) {
                    offset += line.count
                    guard let suffix = RecordSuffix(line: line, seed: seed),
                        let record = RecordView(activeLine: line, suffix)
                    else { continue }
                    body(record, runOffset + offset)
                }
                return true
            }
        }
    }

    /// A sealed segment, opened once.
    mutating func sealedSegment(_ entry: SegmentEntry) throws(LogError) -> SealedSegment {
        if let segment = sealedReaders[entry.first] { return segment }
        // An archive may be far away, and appending waits for nobody.
        let segment = try SealedSegment.open(
            entry, layout, store, fileSystem, reachesArchive: false)
        sealedReaders[entry.first] = segment
        return segment
    }

    var activePath: String {
        layout.logFile(
            StoreLayout.activeName(first: head.activeFirst, generation: head.activeGeneration))
    }

    /// The event with this id, wherever in the log it is.
    mutating func find(
        _ key: IDIndex.Key, _ id: ByteString
    ) throws(LogError) -> IDIndex.Entry? {
        if let entry = ids?.known(key) { return entry }
        for segment in sealedReaders.values {
            let candidates = id.bytes.withUnsafeBytes { segment.reader.mightContain(id: $0) }
            for frame in candidates {
                let frameKey = IDIndex.FrameKey(segment: segment.first, frame: frame)
                guard segment.archivedIDs == nil, ids?.hasSeen(frameKey) == false else { continue }
                let batch = try segment.batch(frame, fileSystem)
                try LogError.unifying { try ids?.learn(frame: frameKey, batch) }
                if let entry = ids?.known(key) { return entry }
            }
        }
        return nil
    }
}
