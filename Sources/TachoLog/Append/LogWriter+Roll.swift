extension LogWriter {
    /// Ends the active segment and begins a new one.
    ///
    /// The old one waits to be sealed.
    ///
    /// Order of the steps, each on the disk before the next: the new file, HEAD, the manifest. A
    /// crash in between leaves a HEAD that is ahead of the manifest, which the next opening
    /// finishes (``finishRoll(_:to:)``).
    mutating func roll() throws(LogError) {
        guard head.writtenByteCount > 0, let activeFile else { return }
        do throws(FileError) {
            try fileSystem.synchronize(activeFile)
        } catch {
            let cause = LogError(error)
            // Tried again at the next append; what there is to say now is that the sync failed.
            hasUnsyncableTail = true
            try? abandonUnsyncedTail()
            throw LogError(.syncFailed, cause.message, errno: cause.errno)
        }
        head.durableByteCount = head.writtenByteCount
        head.durablePosition = head.writtenPosition
        var manifest = try Manifest.load(layout, store: store, fileSystem)
        try switchActive(endingAs: .sealing, &manifest)
        restoreReserve()
    }

    /// Goes on in a new file from the last position known durable, after a sync has failed.
    ///
    /// The kernel may have dropped the pages it could not write while it goes on showing them, so
    /// nothing behind the durable offset of the old file is ever read again.
    ///
    /// If not even that can be done, the file is cut off there and tried again at the next append:
    /// a sync of it that succeeds later says nothing about what this one was to write.
    mutating func abandonUnsyncedTail() throws(LogError) {
        guard let activeFile else { preconditionFailure("a refreshed writer has an active file") }
        try LogError.unifying {
            try fileSystem.truncate(activeFile, to: head.durableByteCount)
        }
        head.writtenByteCount = head.durableByteCount
        head.writtenPosition = head.durablePosition
        head.syncFailureCount += 1
        head.isClean = false
        forgetIDs()
        try saveHead(strict: false)
        var manifest = try Manifest.load(layout, store: store, fileSystem)
        let isEmpty = head.durableByteCount == 0
        try switchActive(endingAs: isEmpty ? nil : .sealing, &manifest)
        hasUnsyncableTail = false
    }

    /// Makes a new active file behind ``Head/writtenPosition``.
    ///
    /// - Parameters:
    ///   - state: What becomes of the old file; `nil` leaves it out of the log.
    ///   - manifest: As loaded under the lock; saved with the change.
    /// - Throws: ``LogError``; the next opening finishes or forgets the switch.
    mutating func switchActive(
        endingAs state: SegmentEntry.State?, _ manifest: inout Manifest
    ) throws(LogError) {
        let first = head.writtenPosition.next
        let generation = first == head.activeFirst ? head.activeGeneration + 1 : 0
        let name = StoreLayout.activeName(first: first, generation: generation)
        var next = Head(
            activeFirst: first, activeGeneration: generation, recorded: head.recorded, boot: boot)
        next.epoch = head.epoch
        next.syncFailureCount = head.syncFailureCount
        let ended = head
        let path = layout.logFile(name)
        let file = try usingReserve { () throws(LogError) in try makeActiveFile(path) }
        if let activeFile { fileSystem.close(activeFile) }
        activeFile = file
        openedByteCount = 0
        head = next
        seed = ActiveSeed(store: store, firstPosition: first)
        ids = state == nil ? nil : ids?.afterRoll(at: ended.writtenByteCount, to: first)
        do throws(LogError) {
            try saveHead(strict: true)
            end(&manifest, ended, as: state, active: name, first: first)
            try save(manifest)
        } catch {
            // Opened anew by the next append, which finishes what HEAD has come to say.
            closeActive()
            throw error
        }
    }

    private func makeActiveFile(_ path: String) throws(LogError) -> FileDescriptor {
        do throws(FileError) {
            let file = try fileSystem.open(path, .updateOrCreate)
            do throws(FileError) {
                // A file of this name is one that a crash left before HEAD spoke of it: unused.
                try fileSystem.truncate(file, to: 0)
                try fileSystem.synchronize(file)
                try fileSystem.synchronizeDirectory(layout.log)
                return file
            } catch {
                fileSystem.close(file)
                throw error
            }
        } catch {
            throw LogError(error)
        }
    }

    /// Puts a changed manifest in place, with the reserve's room if there is no other.
    func save(_ manifest: Manifest) throws(LogError) {
        try usingReserve { () throws(LogError) in try manifest.save(layout, fileSystem) }
    }

    private func end(
        _ manifest: inout Manifest, _ ended: Head, as state: SegmentEntry.State?, active: String,
        first: Position
    ) {
        if var entry = manifest.segments.popLast(), let state, entry.state == .active {
            entry.state = state
            entry.last = ended.writtenPosition
            entry.byteCount = ended.writtenByteCount
            entry.rawByteCount = ended.writtenByteCount
            manifest.segments.append(entry)
        }
        manifest.segments.append(.active(first: first, file: active))
        manifest.generation += 1
    }

    /// Whether this manifest is an old copy: its last segment has been sealed since.
    func isStale(_ manifest: Manifest, _ found: Head?) throws(LogError) -> Bool {
        guard let found, let old = manifest.active, found.activeFirst > old.first else {
            return false
        }
        return try byteCount(of: old) == 0
    }

    private func byteCount(of entry: SegmentEntry) throws(LogError) -> Int {
        do throws(FileError) {
            return try fileSystem.status(layout.logFile(entry.file))?.byteCount ?? 0
        } catch {
            throw LogError(error)
        }
    }

    /// Finishes a switch of which HEAD tells and the manifest does not.
    ///
    /// HEAD first, and in its other slot: if its sync was what failed, another sync of the same
    /// bytes would succeed without writing them.
    mutating func finishSwitch(to found: Head) throws(LogError) {
        var manifest = try Manifest.load(layout, store: store, fileSystem)
        guard let active = manifest.active, found.isAhead(of: active) else { return }
        head = found
        try saveHead(strict: true)
        try finishRoll(&manifest, to: found)
    }

    /// Writes the manifest that a switch to a new active file did not come to.
    mutating func finishRoll(_ manifest: inout Manifest, to found: Head) throws(LogError) {
        guard let old = manifest.active else { return }
        let lines = PlainSegment(entry: old, store: store, layout: layout)
        // A segment ends with records in it. Without them HEAD is ahead by more than one switch.
        guard try byteCount(of: old) > 0 || found.activeFirst == old.first else {
            throw LogError(
                .readOnly,
                "\(layout.manifest) is older than the log: \(old.file), the last segment it "
                    + "names, has been sealed since. Nothing was changed. Restore the manifest, "
                    + "or run `tacho recover` to make it anew from the log's files.")
        }
        let byteCount = try lines.end(of: found.activeFirst.previous, fileSystem)
        var ended = Head(activeFirst: old.first, recorded: found.recorded, boot: boot)
        ended.writtenPosition = found.activeFirst.previous
        ended.writtenByteCount = byteCount
        let state: SegmentEntry.State? =
            found.activeFirst == old.first || byteCount == 0 ? nil : .sealing
        end(
            &manifest, ended, as: state,
            active: StoreLayout.activeName(
                first: found.activeFirst, generation: found.activeGeneration),
            first: found.activeFirst)
        try save(manifest)
    }
}

extension Head {
    /// Whether this speaks of a later active file than the manifest.
    func isAhead(of active: SegmentEntry) -> Bool {
        (activeFirst, activeGeneration)
            > (active.first, StoreLayout.generation(ofActive: active.file))
    }
}

extension StoreLayout {
    /// The generation in an active file's name.
    static func generation(ofActive name: String) -> UInt32 {
        let part = name.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst()
        guard part.first == UInt8(ascii: "g") else { return 0 }
        return UInt32(Substring(part.dropFirst().prefix { $0 != UInt8(ascii: ".") })) ?? 0
    }
}
