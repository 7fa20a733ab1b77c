extension LogWriter {
    /// Waits until everything up to `position` is on the disk.
    ///
    /// One process syncs for all that wait: whoever has LOCK.sync covers everything that is written
    /// by then, and the others find their batch durable when it is their turn. The store's lock is
    /// not held while the disk works, so appending goes on.
    ///
    /// - Parameters:
    ///   - position: Written before, by this writer or another.
    ///   - strict: Whether the note in HEAD has to be on the disk too.
    /// - Throws: ``LogError``; `.syncFailed` if a sync that had to cover `position` failed.
    mutating func makeDurable(through position: Position, strict: Bool) throws(LogError) {
        let failures = head.syncFailureCount
        let lockFile = try openSyncLock()
        try LogError.unifying { _ = try fileSystem.lock(lockFile, waits: true) }
        defer { fileSystem.unlock(lockFile) }
        guard let target = try beginSync(position, failures) else {
            if strict { try LogError.unifying { try fileSystem.synchronize(headFile) } }
            return
        }
        guard let activeFile else { preconditionFailure("a refreshed writer has an active file") }
        do throws(FileError) {
            try fileSystem.synchronize(activeFile)
        } catch {
            throw syncFailed(LogError(error))
        }
        try endSync(target, strict: strict)
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

    /// How far a sync from now on reaches; `nil` if `position` is durable already.
    private mutating func beginSync(
        _ position: Position, _ failures: UInt32
    ) throws(LogError) -> Head? {
        try lock()
        defer { unlock() }
        try refresh()
        guard head.syncFailureCount == failures else {
            throw LogError(
                .syncFailed,
                "a sync of another process failed, so this append is not acknowledged. Check the "
                    + "disk, then append again.")
        }
        return head.durablePosition < position ? head : nil
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
