#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension LogWriter {
    /// Waits until everything up to `position` is on the disk.
    ///
    /// Every process syncs for itself, all of them at once: the file system makes one commit of its
    /// journal for all that wait, and wakes them together. A process that synced for the others
    /// would leave whoever wrote meanwhile to wait for a second commit. The store's lock is not held
    /// while the disk works, so appending goes on.
    ///
    /// A sync covers what any process has written before, and HEAD is told of the greatest position;
    /// who finds his own below it there has nothing left to do.
    ///
    /// What a failed sync was to write is never on the disk, and the system tells so each descriptor
    /// that was open then, once; not those opened later. A descriptor therefore vouches for what was
    /// there before it was opened only if nobody is between a failed sync and the note of it. That
    /// is what LOCK.sync is for: it is shared by all who sync, and by one whose sync failed until
    /// HEAD says so.
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
        let target: Head
        switch try synchronize(position, failures) {
        case .durable(let last):
            if strict { try LogError.unifying { try fileSystem.synchronize(headFile) } }
            return last
        case .sync(let found):
            target = found
        }
        while true {
            if let last = try note(target, position, failures, strict: strict) { return last }
            hasCompany = true
            // As long as one commit takes, at most.
            var step = timespec(tv_sec: 0, tv_nsec: 100_000)
            nanosleep(&step, nil)
        }
    }

    /// Lets the disk begin with what was appended, now and then, when nobody waits for it.
    ///
    /// The end of a segment is synced under the lock, and would else wait for all of it at once.
    /// Only whole stretches, as soon as one is full, whoever filled it: a call costs as much as a
    /// hundred appends, and what is begun is not written twice.
    func beginSynchronizing() {
        let stretch = 2 << 20
        let end = head.writtenByteCount / stretch
        let start = (head.writtenByteCount - encoder.byteCount) / stretch
        guard start < end, let activeFile else { return }
        fileSystem.beginSynchronizing(
            activeFile, from: start * stretch, byteCount: (end - start) * stretch)
    }

    /// Syncs the active file, beside whoever else does so.
    ///
    /// - Returns: What the sync has covered, or that it was not needed.
    private mutating func synchronize(
        _ position: Position, _ failures: UInt32
    ) throws(LogError) -> SyncNeed {
        let lockFile = try openSyncLock()
        _ = try lockSync(lockFile, .shared, waits: true)
        defer { fileSystem.unlock(lockFile) }
        // A writer alone knows all that was written; in company it looks whether there is more,
        // or another has synced already.
        let need =
            try hasCompany
            ? syncNeed(position, failures) : syncNeed(position, failures, head)
        guard case .sync = need else { return need }
        guard let activeFile else {
            preconditionFailure("a writer that has appended has an active file")
        }
        do throws(FileError) {
            try fileSystem.synchronize(activeFile)
        } catch {
            throw syncFailed(LogError(error))
        }
        return need
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
        /// A sync of the active file from then on covers what this HEAD calls written.
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
        let slots = try readHead()
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

    /// Tells HEAD that everything up to `target` is durable, if that is for this descriptor to say.
    ///
    /// - Returns: The last durable position; `nil` if others have to be waited for, who sync or have
    ///   failed to.
    private mutating func note(
        _ target: Head, _ position: Position, _ failures: UInt32, strict: Bool
    ) throws(LogError) -> Position? {
        let hasLock = try hasCompany ? false : lockIfFree()
        if !hasLock {
            // Another may have told already, or be about to.
            if !strict, case .durable(let last) = try syncNeed(position, failures) { return last }
            try lock()
        }
        defer { unlock() }
        // What a process that died has left behind the end is for the next append to judge.
        try refresh(looksAtEnd: false)
        if case .durable(let last) = try syncNeed(position, failures, head), !strict {
            return last
        }
        // If the active file has changed, it was synced before that.
        guard target.activeFirst == head.activeFirst,
            target.activeGeneration == head.activeGeneration
        else { return head.durablePosition }
        if head.durableByteCount < openedByteCount {
            guard try isNobodySyncing() else { return nil }
        }
        head.durableByteCount = max(head.durableByteCount, target.writtenByteCount)
        head.durablePosition = max(head.durablePosition, target.writtenPosition)
        try saveHead(strict: strict)
        return head.durablePosition
    }

    /// Whether nobody syncs at this moment, or has failed to and not noted it yet.
    private mutating func isNobodySyncing() throws(LogError) -> Bool {
        let lockFile = try openSyncLock()
        guard try lockSync(lockFile, .exclusive, waits: false) else { return false }
        fileSystem.unlock(lockFile)
        return true
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
