extension LogWriter {
    /// Opens a store, appends one event, and lets go of it: all that a hook's process does.
    ///
    /// The store is made if it is not there and `options` say so. It is locked once.
    ///
    /// - Parameters:
    ///   - event: Of valid data and with an id that was made just now: it is not looked for.
    ///   - directory: The store.
    ///   - durability: When it returns.
    ///   - options: How the writer behaves.
    ///   - fileSystem: Where the store is.
    /// - Returns: The event's position.
    /// - Throws: As ``open(_:options:fileSystem:)`` and ``append(_:durability:expecting:)``.
    package static func append(
        new event: borrowing NewEvent, to directory: String, durability: Durability,
        options: LogOptions, fileSystem: any FileSystem = RealFileSystem()
    ) throws(LogError) -> Position {
        precondition(!options.acceptsLoss, "to accept a loss takes a recovery, which is not asked")
        var writer = try openFiles(directory, options, fileSystem)
        return try writer.append(new: event, durability: durability)
    }

    /// Appends one event whose data is valid and whose id was made just now.
    ///
    /// As an append of a batch of one, without the arrays that a batch is made of: a process that
    /// lives for one event would ask the runtime for the type of each, which takes longer than
    /// writing the record.
    package mutating func append(
        new event: borrowing NewEvent, durability: Durability
    ) throws(LogError) -> Position {
        try event.validateEnvelope()
        let position = try write(new: event)
        if durability == .interval {
            beginSynchronizing()
        } else {
            _ = try makeDurable(through: position, strict: durability == .strict)
        }
        return position
    }

    private mutating func write(new event: borrowing NewEvent) throws(LogError) -> Position {
        try lock()
        defer { unlock() }
        try refresh()
        try rollIfFull()
        let recorded = max(options.now.inMilliseconds, head.recorded)
        let position = head.writtenPosition.next
        encoder.begin(seed: seed, recorded: recorded, watermark: head.durableByteCount)
        encoder.append(event, generator: &generator, position: position, remaining: 0)
        // An index of ids does not learn this one; the next batch with ids reads it from the file.
        try writeLines(1, recorded)
        try saveHead(strict: false)
        return position
    }
}
