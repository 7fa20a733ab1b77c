/// Makes a new store.
///
/// `FORMAT` is written last, so a store that has it is whole.
enum StoreCreation {
    /// - Throws: ``LogError`` `.damaged` if there is a log without a `FORMAT`: a store that lost it
    ///   is never taken for a new one.
    static func create(
        _ layout: StoreLayout, _ fileSystem: any FileSystem, _ options: LogOptions
    ) throws(LogError) -> StoreFormat {
        try LogError.unifying {
            try fileSystem.createDirectory(layout.directory)
            let lock = try fileSystem.open(layout.lock, .updateOrCreate)
            defer { fileSystem.close(lock) }
            _ = try fileSystem.lock(lock, waits: true)
            defer { fileSystem.unlock(lock) }
            return try createLocked(layout, fileSystem, options)
        }
    }

    private static func createLocked(
        _ layout: StoreLayout, _ fileSystem: any FileSystem, _ options: LogOptions
    ) throws -> StoreFormat {
        // Another process may have been first.
        if let format = try StoreFormat.load(layout, fileSystem) { return format }
        for directory in [layout.log, layout.temporary, layout.quarantine, layout.snapshots] {
            try fileSystem.createDirectory(directory)
        }
        for name in try fileSystem.list(layout.log) {
            let path = layout.logFile(name)
            guard try fileSystem.status(path)?.byteCount == 0 else {
                throw LogError(
                    .damaged,
                    "\(layout.directory) has a log (\(name)) but no FORMAT file. Nothing was "
                        + "changed. Restore FORMAT from a backup, or move log/ away.")
            }
            try fileSystem.remove(path)
        }
        let now = options.now.inMilliseconds
        var generator = UUIDv7Generator()
        guard let store = StoreID(generator.next(at: now).description) else {
            preconditionFailure("a generated id is a UUID")
        }
        let name = StoreLayout.activeName(first: .first)
        fileSystem.close(try fileSystem.open(layout.logFile(name), .createNew))
        try fileSystem.synchronizeDirectory(layout.log)
        let head = Head(activeFirst: .first, recorded: now, boot: fileSystem.bootIdentifier())
        try fileSystem.replaceFile(
            layout.head,
            with: head.encoded(for: store) + [UInt8](repeating: 0, count: Head.slotByteCount),
            temporary: layout.temporaryFile("HEAD"))
        let manifest = Manifest(
            store: store, generation: 1, segments: [.active(first: .first, file: name)])
        try manifest.save(layout, fileSystem)
        Reserve.make(layout, fileSystem, byteCount: options.reserveByteCount)
        let format = StoreFormat(store: store)
        try fileSystem.replaceFile(
            layout.format, with: format.bytes, temporary: layout.temporaryFile("FORMAT"))
        try fileSystem.synchronizeDirectory(layout.directory)
        return format
    }
}

extension SegmentEntry {
    static func active(first: Position, file: String) -> SegmentEntry {
        SegmentEntry(
            state: .active, file: file, first: first, last: first.previous, byteCount: 0,
            rawByteCount: 0, chain: nil)
    }
}
