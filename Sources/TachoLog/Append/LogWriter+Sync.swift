extension LogWriter {
    /// Waits until everything up to `position` is on the disk.
    ///
    /// One process syncs for all that wait: whoever has LOCK.sync covers everything that is written
    /// by then. Those who come meanwhile wait for a shared lock, which all of them get at once when
    /// he is done; HEAD tells each, without a lock, whether he was covered. One of the others is
    /// next. The store's lock is not held while the disk works, so appending goes on.
    ///
    /// - Parameters:
    ///   - position: Written before, by this writer or another.
    ///   - strict: Whether the note in HEAD has to be on the disk too.
    /// - Returns: The last position known to be durable, not before `position`.
    /// - Throws: ``LogError``; `.syncFailed` if a sync that had to cover `position` failed.
    mutating func makeDurable(
        through position: Position, strict: Bool
    ) throws(LogError) -> Position {
        let failures = head.syncFailureCount
        if !strict, head.durablePosition >= position { return head.durablePosition }
        let lockFile = try openSyncLock()
        var triesLeft = 2
        while !(try lockSync(lockFile, .exclusive, waits: triesLeft == 0)) {
            _ = try lockSync(lockFile, .shared, waits: true)
            fileSystem.unlock(lockFile)
            if !strict, case .durable(let last) = try syncNeed(position, failures) { return last }
            triesLeft -= 1
        }
        defer { fileSystem.unlock(lockFile) }
        switch try syncNeed(position, failures) {
        case .durable(let last):
            if strict { try LogError.unifying { try fileSystem.synchronize(headFile) } }
            return last
        case .sync(let target):
            guard let activeFile else {
                preconditionFailure("a writer that has appended has an active file")
            }
            do throws(FileError) {
                try fileSystem.synchronize(activeFile)
            } catch {
                throw syncFailed(LogError(error))
            }
            try endSync(target, strict: strict)
            return target.writtenPosition
        }
    }

    private func lockSync(
        _ file: FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(LogError) -> Bool {
        do throws(FileError) {
            return try fileSystem.lock(file, mode, waits: waits)
        } catch {
            throw LogError(error)
        }
    }

    private mutating func openSyncLock() throws(LogError) -> FileDescriptor {
        if let syncLockFile { return syncLockFile }
        do throws(FileError) {
            let file = try fileSystem.open(layout.syncLock, .updateOrCreate)
            syncLockFile = file
            return file
        } catch {
            throw LogError(error)
        }
    }

    private enum SyncNeed {
        /// It is on the disk already, and so is everything up to here.
        case durable(Position)
        /// A sync of the open active file from now on covers what this HEAD calls written.
        case sync(Head)
    }

    /// What it takes to make `position` durable.
    ///
    /// HEAD is read without the lock, as readers do: it is written behind the data it speaks of, so
    /// whatever it calls written is in the page cache. Only where it is being written at this
    /// moment, or speaks of another file, it is asked under the lock.
    private mutating func syncNeed(
        _ position: Position, _ failures: UInt32
    ) throws(LogError) -> SyncNeed {
        let bytes = try fileSystem.readUpTo(
            headFile, layout.head, at: 0, byteCount: Head.byteCount)
        let slots = HeadSlots(file: bytes, store: store)
        if slots.areWhole, let found = slots.current, found.boot == boot,
            found.activeFirst == head.activeFirst, found.activeGeneration == head.activeGeneration
        {
            return try syncNeed(position, failures, found)
        }
        try lock()
        defer { unlock() }
        try refresh()
        return try syncNeed(position, failures, head)
    }

    private func syncNeed(
        _ position: Position, _ failures: UInt32, _ found: Head
    ) throws(LogError) -> SyncNeed {
        guard found.syncFailureCount == failures else {
            throw LogError(
                .syncFailed,
                "a sync of another process failed, so this append is not acknowledged. Check the "
                    + "disk, then append again.")
        }
        return found.durablePosition >= position ? .durable(found.durablePosition) : .sync(found)
    }

    private mutating func endSync(_ target: Head, strict: Bool) throws(LogError) {
        try lock()
        defer { unlock() }
        try refresh()
        // If the active file has changed, it was synced before that.
        guard target.activeFirst == head.activeFirst,
            target.activeGeneration == head.activeGeneration
        else { return }
        head.durableByteCount = max(head.durableByteCount, target.writtenByteCount)
        head.durablePosition = max(head.durablePosition, target.writtenPosition)
        try saveHead(strict: strict)
    }

    /// The log goes on in a new file; nobody who waited for this sync is acknowledged.
    ///
    /// If that cannot be arranged now, the next append does it first. Either way what there is to
    /// say is that the sync failed: events of class `interval` behind the durable end are gone too.
    private mutating func syncFailed(_ cause: LogError) -> LogError {
        hasUnsyncableTail = true
        if (try? lock()) != nil {
            try? refresh()
            unlock()
        }
        return LogError(
            .syncFailed,
            "\(cause.message) Nothing of this append is acknowledged. The log goes on behind "
                + "position \(head.durablePosition) in a new file; check the disk, then append "
                + "again.", errno: cause.errno)
    }
}
