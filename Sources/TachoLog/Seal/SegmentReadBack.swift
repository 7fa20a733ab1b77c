/// Reads a new sealed file as any reader would, and checks every byte of it, before it counts.
struct SegmentReadBack {
    let layout: StoreLayout
    let fileSystem: any FileSystem
    let store: StoreID

    /// - Parameters:
    ///   - entry: What the manifest is going to say of it.
    ///   - temporary: Where it is.
    ///   - footer: As it was written.
    /// - Throws: ``LogError`` `.damaged` if it is not what was written.
    func check(
        _ entry: SegmentEntry, _ temporary: String, _ footer: SegmentFooter
    ) throws(LogError) {
        try LogError.unifying {
            let file = try fileSystem.open(temporary, .read)
            defer { fileSystem.close(file) }
            func read(_ offset: Int, _ count: Int) throws(LogError) -> [UInt8] {
                try fileSystem.readBytes(file, temporary, at: offset, byteCount: count)
            }
            let reader = try SegmentReader(
                byteCount: entry.byteCount, store: store, file: temporary, read: read)
            guard reader.footer == footer else {
                throw LogError(.damaged, "\(temporary) does not read back as it was written")
            }
            if let damage = try reader.verify(read: read).damages.first {
                throw LogError(
                    .damaged,
                    "\(temporary) does not read back as it was written: \(damage.what) at byte "
                        + "\(damage.offset)")
            }
        }
    }
}
