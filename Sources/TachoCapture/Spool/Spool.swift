import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps events while the store cannot be written, one file each, until they are drained into it.
///
/// A file is written under another name (`.tmp`) and renamed, so that a whole one is always
/// whole. Its name is the event's id, which sorts by time and makes draining twice harmless.
/// Writing never waits for a disk and never throws: it runs inside the agent's hook.
package struct Spool: Sendable {
    package let directories: [SpoolDirectory]

    package init(_ directories: [SpoolDirectory]) {
        self.directories = directories
    }

    /// Writes a record into the first directory that takes it, and says where it is now; `nil` if
    /// none took it.
    package func write(_ record: SpoolRecord) -> String? {
        let line = record.line
        let name = Self.fileName(record.id)
        for directory in directories {
            guard let opened = directory.open(creating: true) else { continue }
            if Self.write(line, name, in: opened.rawValue) {
                return directory.path + "/" + String(decoding: name + ".json".utf8, as: UTF8.self)
            }
        }
        return nil
    }

    /// Ids of ours are UUIDs; whatever else one is, it must not name another place.
    private static func fileName(_ id: ByteString) -> [UInt8] {
        id.bytes.prefix(200).map { DerivedType.isWord([$0]) && $0 != UInt8(ascii: ".") ? $0 : 0x5F }
    }

    private static func write(_ line: [UInt8], _ name: [UInt8], in directory: CInt) -> Bool {
        let temporary = name + Array(".tmp".utf8)
        let final = name + Array(".json".utf8)
        guard
            let file = OwnedDescriptor.open(
                temporary, in: directory, flags: O_WRONLY | O_CREAT | O_EXCL)
        else { return false }
        let isWritten =
            file.writeAll(line)
            && withPath(temporary) { from in
                withPath(final) { to in renameat(directory, from, directory, to) == 0 }
            }
        if !isWritten { _ = withPath(temporary) { unlinkat(directory, $0, 0) } }
        return isWritten
    }
}
