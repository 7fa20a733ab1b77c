/// The file `FORMAT`: which format a store has, which store it is, and what it takes to read it.
///
/// Written once, when the store is made. Three lines:
///
/// ```
/// tacho store 1
/// 01939f7e-7d3c-7b52-a2f6-0c61f2d1a9b4
/// required: optional:
/// ```
///
/// A feature under `required` that is not known here makes the store unreadable for this version;
/// one under `optional` makes it read-only.
package struct StoreFormat: Equatable, Sendable {
    package static let version = 1

    /// Events have been erased: a writer has to know `ERASED` (``ErasedIDs``).
    package static let erasedFeature = "erased"
    /// Segments have been archived: a reader has to know that state of a segment.
    package static let archivedFeature = "archived"
    /// Events have expired by their type: a reader has to know what `EXPIRED` says of it.
    package static let expiredTypesFeature = "expired-types"
    /// What this version writes to.
    private static let knownOptional = [erasedFeature]
    private static let knownRequired = [archivedFeature, expiredTypesFeature]

    package let store: StoreID
    package var required: [String] = []
    package var optional: [String] = []

    package init(store: StoreID) {
        self.store = store
    }

    private var unknownOptional: String? { optional.first { !Self.knownOptional.contains($0) } }

    var bytes: [UInt8] {
        let features =
            "required:" + required.map { " " + $0 }.joined() + " optional:"
            + optional.map { " " + $0 }.joined()
        return Array("tacho store \(Self.version)\n\(store)\n\(features)\n".utf8)
    }

    private static let plainHead: StaticString = "tacho store 1\n"
    private static let plainTail: StaticString = "\nrequired: optional:\n"

    /// The store of a file without features, as nearly all are, from its bytes alone.
    ///
    /// Taking a text apart costs a process that lives for one event more than the event does.
    private static func plainStore(_ bytes: [UInt8]) -> StoreID? {
        let start = plainHead.utf8CodeUnitCount
        let end = bytes.count - plainTail.utf8CodeUnitCount
        guard version == 1, start < end,
            plainHead.withUTF8Buffer({ bytes[..<start].elementsEqual($0) }),
            plainTail.withUTF8Buffer({ bytes[end...].elementsEqual($0) })
        else { return nil }
        return StoreID(text: Array(bytes[start..<end]))
    }

    init(parsing bytes: [UInt8], path: String) throws(LogError) {
        if let store = Self.plainStore(bytes) {
            self.store = store
            return
        }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let magic = "tacho store "
        guard lines.count >= 3, lines[0].hasPrefix(magic) else {
            throw LogError(.unsupported, "\(path) is not the FORMAT file of a store")
        }
        guard lines[0].dropFirst(magic.count) == "\(Self.version)" else {
            throw LogError(
                .unsupported,
                "\(path) says \"\(lines[0])\"; this version of tacho knows format \(Self.version). "
                    + "Use a newer tacho; the store is untouched.")
        }
        guard let store = StoreID(lines[1]) else {
            throw LogError(.damaged, "\(path) has no store id in its second line")
        }
        let parts = lines[2].split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard parts.first == "required:", let middle = parts.firstIndex(of: "optional:") else {
            throw LogError(.damaged, "\(path) has no features in its third line")
        }
        self.store = store
        required = Array(parts[1..<middle])
        optional = Array(parts[(middle + 1)...])
        if let unknown = required.first(where: { !Self.knownRequired.contains($0) }) {
            throw LogError(
                .unsupported,
                "the store needs the feature \"\(unknown)\", which this version of tacho does not "
                    + "have. Use a newer tacho; the store is untouched.")
        }
    }

    /// Reads the file of a store that has to be there.
    ///
    /// - Throws: ``LogError``; `.notFound` if there is no store.
    static func ofStore(
        _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) -> StoreFormat {
        if let format = try load(layout, fileSystem) { return format }
        throw LogError(
            .notFound,
            "there is no store in \(layout.directory). Append or import something to make one, or "
                + "name another with --store.")
    }

    /// - Throws: ``LogError``; `.readOnly` for a store with an optional feature that this version
    ///   does not know, and so must not write with.
    func checkWritable() throws(LogError) {
        guard let unknown = unknownOptional else { return }
        throw LogError(
            .readOnly,
            "the store uses the feature \"\(unknown)\", which this version of tacho can read "
                + "around but not write. Use a newer tacho.")
    }

    /// Reads the file, if there is a store.
    static func load(
        _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) -> StoreFormat? {
        guard let bytes = try fileSystem.contents(of: layout.format, limit: 4096) else {
            return nil
        }
        return try StoreFormat(parsing: bytes, path: layout.format)
    }
}
