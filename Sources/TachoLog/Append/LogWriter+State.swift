#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension LogWriter {
    // MARK: - The lock

    func lock() throws(LogError) {
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
        let bytes = try fileSystem.readUpTo(
            headFile, layout.head, at: 0, byteCount: Head.byteCount)
        try recover(Head(file: bytes, store: store))
    }

    /// Brings ``head`` and the active file up to what other processes have done.
    ///
    /// Under the lock.
    mutating func refresh() throws(LogError) {
        let bytes = try fileSystem.readUpTo(
            headFile, layout.head, at: 0, byteCount: Head.byteCount)
        guard let found = Head(file: bytes, store: store), found.boot == boot else {
            try recover(Head(file: bytes, store: store))
            return
        }
        if activeFile == nil || found.activeFirst != head.activeFirst
            || found.activeGeneration != head.activeGeneration
        {
            hasUnsyncableTail = false
            try openActive(found)
        }
        head = found
        if hasUnsyncableTail { try abandonUnsyncedTail() }
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
        ids = nil
    }

    private mutating func openActive(_ found: Head) throws(LogError) {
        closeActive()
        try finishSwitch(to: found)
        let name = StoreLayout.activeName(
            first: found.activeFirst, generation: found.activeGeneration)
        do throws(FileError) {
            activeFile = try fileSystem.open(layout.logFile(name), .update)
        } catch {
            throw LogError(error)
        }
        seed = ActiveSeed(store: store, firstPosition: found.activeFirst)
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
        let offset = Int(head.epoch % 2) * Head.slotByteCount
        let bytes = head.encoded(for: store)
        do throws(FileError) {
            try fileSystem.writeAll(headFile, bytes, at: offset)
            if strict { try fileSystem.synchronize(headFile) }
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
        if index.activeByteCount < head.writtenByteCount, let activeFile {
            let reader = ActiveFileReader(
                fileSystem: fileSystem, file: activeFile, path: activePath)
            let (start, end, seed) = (index.activeByteCount, head.writtenByteCount, seed)
            try LogError.unifying {
                _ = try reader.forEachRun(from: start, to: end) { run, runOffset in
                    var offset = 0
                    while let line = run.line(from: offset) {
                        offset += line.count
                        guard let suffix = RecordSuffix(line: line, seed: seed),
                            let record = RecordView(activeLine: line, suffix)
                        else { continue }
                        index.learn(record, through: runOffset + offset)
                    }
                    return true
                }
            }
            index.advance(to: head.writtenByteCount)
        }
        let manifest = try Manifest.load(layout, store: store, fileSystem)
        for entry in manifest.segments {
            switch entry.state {
            case .active:
                continue
            case .sealed:
                guard sealedReaders[entry.first] == nil else { continue }
                sealedReaders[entry.first] = try SealedSegment.open(
                    entry, layout, store, fileSystem)
            case .sealing, .damaged:
                try index.learn(
                    PlainSegment(entry: entry, store: store, layout: layout), fileSystem)
            }
        }
        ids = index
    }

    var activePath: String {
        layout.logFile(
            StoreLayout.activeName(first: head.activeFirst, generation: head.activeGeneration))
    }

    /// The event with this id, wherever in the log it is.
    mutating func find(
        _ key: IDIndex.Key, _ id: ByteString
    ) throws(LogError) -> (Position, UInt64)? {
        if let entry = ids?.known(key) { return (entry.position, entry.content) }
        for segment in sealedReaders.values {
            let candidates = id.bytes.withUnsafeBytes { segment.reader.mightContain(id: $0) }
            for frame in candidates {
                let frameKey = IDIndex.FrameKey(segment: segment.first, frame: frame)
                guard ids?.hasSeen(frameKey) == false else { continue }
                let batch = try segment.batch(frame, fileSystem)
                try LogError.unifying { try ids?.learn(frame: frameKey, batch) }
                if let entry = ids?.known(key) { return (entry.position, entry.content) }
            }
        }
        return nil
    }
}
